import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AutoCaEvent } from '../../../ca-server/event.js';
import { serveHome } from '../../../ca-server/serve-home.js';
import { startUpkeep } from '../../../ca-server/upkeep.js';
import { listAudit } from '../../../src/ledger/audit.js';
import { keptDays } from '../../../src/ledger/compact.js';
import { createInvite, listInvites } from '../../../src/ledger/invites.js';
import { caOf } from '../../../src/ledger/signer.js';
import { openIssuer } from '../../../src/store/ca.js';
import { TestHost } from '../../helpers/enrollment.js';
import { keysHere } from '../../helpers/keys-here.js';
import { makeLedger } from '../../helpers/ledger.js';

const dayMs = 86_400_000;

describe('an Auto CA that starts', () => {
  let host: TestHost;
  beforeEach(async () => {
    host = await TestHost.start();
  });
  afterEach(() => host.stop());

  async function startAgainAfter(days: number): Promise<void> {
    const deps = { ...host.deps, clock: () => new Date(Date.now() + days * dayMs) };
    const ca = caOf(await openIssuer(host.home, undefined), host.home, deps);
    const served = await serveHome(host.home, {
      ca,
      keys: keysHere(),
      deps,
      host: '127.0.0.1',
      port: 0,
      log: () => {},
    });
    await served.close();
  }

  it('removes invites that ended long ago, and says so in the audit log', async () => {
    const invite = await host.invite();
    await startAgainAfter(keptDays);
    expect(await host.stateOf(invite)).toBe('open');
    await startAgainAfter(keptDays + 2);
    expect(await host.stateOf(invite)).toBeUndefined();
    expect((await listAudit(host.ledger)).at(-1)).toMatchObject({ actor: 'autoca serve', event: 'ledger.compacted' });
  });
});

describe('the upkeep of a ledger', () => {
  it('is done again and again, and the host hears when it fails', async () => {
    const test = await makeLedger();
    const reasons: string[] = [];
    let tell: () => void = () => {};
    const failed = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const log = (event: AutoCaEvent): void => {
      if (event.event === 'failed') reasons.push(event.requestId);
      tell();
    };
    const { ledger, deps } = test;
    const stop = await startUpkeep({ ledger, deps, log }, 5);
    const expiresAt = deps.clock();
    const invite = { id: 'i1', member: 'bob', names: [], psk: Buffer.alloc(32), validityDays: 30, expiresAt };
    await createInvite(ledger, invite, deps);
    test.advance(keptDays * dayMs);
    while ((await listInvites(ledger)).length > 0) await new Promise(setImmediate);
    await test.close();
    await failed;
    await stop();
    expect(new Set(reasons)).toEqual(new Set(['upkeep']));
  });
});
