import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { expect, it } from '@jest/globals';
import { TargetDialler } from '../../../src/conversation/dialler.js';
import type { ContactBook, PeerAddress } from '../../../src/store/contacts.js';
import { makeCircle } from '../../helpers/certificates.js';
import { makeIdentity } from '../../helpers/identity.js';
import { ManualTimers } from '../../helpers/manual-timers.js';

it('a member is dialled where it was found as soon as it was found there, not after the pause', async () => {
  const timers = new ManualTimers();
  const dialled: string[] = [];
  let isDialled = (): void => {};
  let find: (address: PeerAddress) => void = () => {};
  const found = new Promise<PeerAddress>((resolve) => {
    find = resolve;
  });
  const dial = async ({ host }: PeerAddress): Promise<Duplex> => {
    dialled.push(host);
    isDialled();
    throw Object.assign(new Error('nobody listens'), { code: 'ECONNREFUSED' });
  };
  const identity = await makeIdentity(await makeCircle(), { member: 'alice' });
  const ended = new AbortController();
  const running = new TargetDialler({
    target: { who: 'bob', member: 'bob', seek: 'bob', addresses: [{ host: 'former.example', port: 1 }] },
    contacts: {} as ContactBook,
    circleId: identity.circleId,
    trust: () => ({ identity, clock: () => new Date(), dialler: { dial } }),
    timers,
    random: randomBytes,
    signal: ended.signal,
    giveUpWhenRefused: false,
    seek: async function* () {
      yield await found;
    },
    isConnected: () => false,
    adopt: async () => {},
    onOwnAddress: () => {},
    onWaiting: () => {},
    onStopped: () => {},
  }).run();
  await timers.whenArmed(() => true);
  expect(dialled).toEqual(['former.example']);
  const again = new Promise<void>((resolve) => {
    isDialled = () => dialled.includes('found.example') && resolve();
  });
  find({ host: 'found.example', port: 2 });
  await again;
  expect(timers.now()).toBe(0);
  ended.abort();
  await running;
});
