import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { serveHome } from '../../../ca-server/serve-home.js';
import { listAudit } from '../../../src/ledger/audit.js';
import { keptDays } from '../../../src/ledger/compact.js';
import { caOf } from '../../../src/ledger/signer.js';
import { openIssuer } from '../../../src/store/ca.js';
import { TestHost } from '../../helpers/enrollment.js';

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
    const served = await serveHome(host.home, { ca, deps, host: '127.0.0.1', port: 0, log: () => {} });
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
