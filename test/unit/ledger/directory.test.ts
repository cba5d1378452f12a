/** Where members listen: what they say holds for a while, and ends with their certificates or the host's word. */
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { listAudit } from '../../../src/ledger/audit.js';
import { exportRows } from '../../../src/ledger/backup.js';
import { revokeCertificate } from '../../../src/ledger/certificates.js';
import { compactLedger } from '../../../src/ledger/compact.js';
import {
  addressesOf,
  directoryEntries,
  isDirectoryOn,
  listAt,
  listedMs,
  switchDirectory,
} from '../../../src/ledger/directory.js';
import { verifyAudit } from '../../../src/ledger/verify-audit.js';
import { makeLedger, type TestLedger } from '../../helpers/ledger.js';
import { describeOnEachDatabase } from '../../helpers/postgres.js';

describeOnEachDatabase('the directory', (kind) => {
  let test: TestLedger;
  let serialNumber: string;

  beforeEach(async () => {
    test = await makeLedger(kind);
    serialNumber = (await test.issue({ member: 'alice', validityDays: 1 })).certificate.serialNumber;
  });
  afterEach(() => test.close());

  const say = (port: number, ...hosts: string[]) =>
    listAt(test.ledger, { member: 'alice', serialNumber, port, hosts }, test.deps);
  const found = (member = 'alice') => addressesOf(test.ledger, member, test.deps.clock());
  const rows = async () => (await test.ledger.selectFrom('member_address').selectAll().execute()).length;

  it('tells what a member said, in its order, and of nobody else', async () => {
    const until = await say(17_590, '192.168.1.7', '10.0.0.7', 'fd00::7', '192.168.1.7');
    expect(until?.getTime()).toBe(test.deps.clock().getTime() + listedMs);
    expect(await found()).toEqual(['192.168.1.7', '10.0.0.7', 'fd00::7'].map((host) => ({ host, port: 17_590 })));
    expect(await found('bob')).toEqual([]);
    expect(await directoryEntries(test.ledger, test.deps.clock())).toMatchObject([
      { member: 'alice', host: '192.168.1.7', expiresAt: until },
      { host: '10.0.0.7' },
      { host: 'fd00::7' },
    ]);
  });

  it('replaces what was said of a port, and forgets it when told', async () => {
    await say(17_590, '192.168.1.7', '192.168.1.8');
    test.advance(1000);
    await say(17_591, '192.168.1.7');
    test.advance(1000);
    await say(17_590, '10.0.0.7');
    expect(await found()).toEqual([
      { host: '10.0.0.7', port: 17_590 },
      { host: '192.168.1.7', port: 17_591 },
    ]);
    await say(17_590);
    expect(await found()).toEqual([{ host: '192.168.1.7', port: 17_591 }]);
  });

  it('holds for an hour, and leaves nothing behind', async () => {
    await say(17_590, '192.168.1.7');
    test.advance(listedMs - 1);
    expect(await found()).toHaveLength(1);
    test.advance(1);
    expect(await found()).toEqual([]);
    await compactLedger(test.ledger, test.deps);
    expect(await rows()).toBe(0);
  });

  it('keeps four ports of a member, the last ones', async () => {
    for (const port of [1, 2, 3, 4, 5, 6]) {
      await say(port, '192.168.1.7', '192.168.1.8');
      test.advance(1000);
    }
    expect(new Set((await found()).map(({ port }) => port))).toEqual(new Set([6, 5, 4, 3]));
  });

  it('tells nothing by a certificate that was revoked or has expired', async () => {
    await say(17_590, '192.168.1.7');
    await revokeCertificate(test.ledger, serialNumber, 'keyCompromise', test.deps, 'test');
    expect(await found()).toEqual([]);
    serialNumber = (await test.issue({ member: 'alice', validityDays: 1 })).certificate.serialNumber;
    test.advance(86_400_000 - listedMs / 2);
    await say(17_590, '192.168.1.7');
    expect(await found()).toHaveLength(1);
    test.advance(listedMs * 0.75);
    expect(await found()).toEqual([]);
  });

  it('is off when the host says so, and forgets all', async () => {
    await say(17_590, '192.168.1.7');
    await switchDirectory(test.ledger, false, test.deps);
    await switchDirectory(test.ledger, false, test.deps);
    expect(await isDirectoryOn(test.ledger)).toBe(false);
    expect(await rows()).toBe(0);
    expect(await say(17_590, '192.168.1.7')).toBeUndefined();
    expect(await rows()).toBe(0);
    await switchDirectory(test.ledger, true, test.deps);
    expect(await say(17_590, '192.168.1.7')).toBeDefined();
    const switched = (await listAudit(test.ledger)).filter(({ event }) => event === 'directory.switched');
    expect(switched).toMatchObject([
      { details: { state: 'off' }, actor: 'autoca directory' },
      { details: { state: 'on' } },
    ]);
    expect((await verifyAudit(test.ledger, { chain: test.issuer.chain })).faults).toEqual([]);
  });

  it('is in no backup', async () => {
    await say(17_590, '192.168.1.7');
    const tables: string[] = [];
    for await (const { table } of exportRows(test.ledger)) tables.push(table);
    expect(tables).toContain('certificate');
    expect(tables).not.toContain('member_address');
  });
});
