import { beforeAll, describe, expect, it } from '@jest/globals';
import { PeerLink } from '../../../src/conversation/peer-link.js';
import type { PeerSession } from '../../../src/conversation/peer-session.js';
import { spkiFingerprint } from '../../../src/pki/circle.js';
import type { Identity } from '../../../src/store/identities.js';
import type { MessageStore } from '../../../src/store/messages.js';
import { makeCircle } from '../../helpers/certificates.js';
import { makeIdentity } from '../../helpers/identity.js';

let alice: Identity;
let bob: Identity;

beforeAll(async () => {
  const circle = await makeCircle();
  alice = await makeIdentity(circle, { member: 'alice' });
  bob = await makeIdentity(circle, { member: 'bob' });
});

const keyOf = ({ chain: [own] }: Identity): string => (own === undefined ? '' : spkiFingerprint(own));

/** A session as a link sees it; `retired` tells whether it was asked to go. */
function session(peer: Identity, fields: { dialled: boolean; session?: string; capabilities?: string[] }) {
  const { dialled, session: id = 'one', capabilities = ['text', 'files'] } = fields;
  const fake = {
    connection: { dialled, peer: { spkiSha256: keyOf(peer) } },
    hello: { session: id },
    takes: (capability: string) => capabilities.includes(capability),
    isReady: true,
    retired: false,
    retire: () => {
      fake.retired = true;
    },
  };
  return fake as unknown as PeerSession & { retired: boolean };
}

const link = (self: Identity): PeerLink => new PeerLink({} as MessageStore, self);

describe('two connections between the same two processes', () => {
  it.each(['the one alice dialled', 'the one bob dialled'])(
    'become one, the same on both sides, when %s is there first',
    (first) => {
      const smaller = keyOf(alice) < keyOf(bob) ? 'alice' : 'bob';
      for (const [self, peer, name] of [
        [alice, bob, 'alice'],
        [bob, alice, 'bob'],
      ] as const) {
        const byAlice = session(peer, { dialled: name === 'alice' });
        const byBob = session(peer, { dialled: name === 'bob' });
        const here = link(self);
        const order = first === 'the one alice dialled' ? [byAlice, byBob] : [byBob, byAlice];
        expect(order.map((one) => here.add(one))).toEqual([true, false]);
        expect([byAlice.retired, byBob.retired]).toEqual([smaller === 'bob', smaller === 'alice']);
      }
    },
  );

  it('are the same one dialled again, where one side dialled both: the newer stays', () => {
    for (const dialled of [true, false]) {
      const here = link(alice);
      const [older, newer] = [session(bob, { dialled }), session(bob, { dialled })];
      here.add(older);
      here.add(newer);
      expect([older.retired, newer.retired]).toEqual([true, false]);
    }
  });
});

describe('a member', () => {
  it('with two processes is here until both have gone', () => {
    const here = link(alice);
    const [one, two] = [session(bob, { dialled: true }), session(bob, { dialled: true, session: 'two' })];
    expect([here.add(one), here.add(two)]).toEqual([true, false]);
    expect([one.retired, two.retired]).toEqual([false, false]);
    expect(here.takers('text')).toEqual([two, one]);
    expect([here.remove(two), here.isHere, here.remove(one), here.isHere]).toEqual([false, true, true, false]);
  });

  it('that only delivers something is not here', () => {
    const here = link(alice);
    expect(here.add(session(bob, { dialled: false, capabilities: [] }))).toBe(false);
    expect(here.isHere).toBe(false);
    expect(here.takers('text')).toEqual([]);
  });
});
