/** What structured logs hold, and what never gets into them. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { LoggedEvent } from '../../../ca-server/event.js';
import { openEventLog, refusalsPerMinute, writerTo } from '../../../ca-server/event-log.js';
import { recordOf } from '../../../ca-server/log-record.js';
import { asyncRefusalOf } from '../pki/refusal.js';

const address = '192.0.2.7';
const refused = (reason: string): LoggedEvent => ({ event: 'refused', address, reason });

describe('a record', () => {
  it('has the fields of its event and no others, whatever the object carries', () => {
    const event = { event: 'enrolled', address, member: 'bob', invite: '4f2a', serialNumber: '0A' } as const;
    const secrets = { psk: Buffer.alloc(32), password: 'correct horse', words: 'zebra youth year yard', key: {} };
    expect(recordOf({ ...event, ...secrets })).toEqual(event);
  });

  it('leaves out the words of a request, which are to be heard from the guest', () => {
    const event = { event: 'requested', address, request: '4f2a90c1', words: 'zebra youth year yard' } as const;
    expect(recordOf(event)).toEqual({ event: 'requested', address, request: '4f2a90c1' });
  });

  it.each([
    ['an invite', 'cannot read qtchat1-AAAA_bbbb-CCCC', 'cannot read [removed]'],
    ['a private key', 'bad -----BEGIN PRIVATE KEY-----\nMIG\n-----END PRIVATE KEY----- here', 'bad [removed] here'],
    ['half a private key', 'bad -----BEGIN EC PRIVATE KEY-----\nMIG', 'bad [removed]'],
    ['the password in a URL', 'at postgres://me:hunter2@db/x', 'at postgres://me:[removed]@db/x'],
    ['octets in base64', `got ${'xY3'.repeat(20)}=`, 'got [removed]'],
  ])('has no place for %s in its text', (_, reason, kept) => {
    expect(recordOf(refused(reason))).toMatchObject({ reason: kept });
  });

  it('keeps serial numbers, fingerprints, paths and words, and cuts what is long', () => {
    const reason = `${'0A'.repeat(16)} ${'0b'.repeat(32)} /var/lib/qtchat/a-rather-long-name/of-a-folder/ledger.db`;
    expect(recordOf(refused(reason))).toMatchObject({ reason });
    expect(recordOf(refused('no '.repeat(1000))).reason).toHaveLength(300);
  });
});

describe('the log file', () => {
  let folder: string;
  let path: string;
  let nowMs = 1_800_000_000_000;
  const deps = { clock: () => new Date(nowMs), onTrouble: () => {} };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'qtchat-log-'));
    path = join(folder, 'autoca.log');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const lines = () =>
    readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));

  it('gets one line for each event at once, with level and time, for its owner alone', async () => {
    const log = await openEventLog(path, deps);
    log.write({ event: 'gone', address, request: '4f2a' });
    log.write(refused('\u001b[2J"\n'));
    log.write({ event: 'failed', address, reason: 'the disk', requestId: '00' });
    expect(lines()).toEqual([
      { level: 'info', at: '2027-01-15T08:00:00.000Z', event: 'gone', address, request: '4f2a' },
      { level: 'warn', at: '2027-01-15T08:00:00.000Z', event: 'refused', address, reason: '\u001b[2J"\n' },
      { level: 'error', at: '2027-01-15T08:00:00.000Z', event: 'failed', address, reason: 'the disk', requestId: '00' },
    ]);
    expect(readFileSync(path, 'utf8')).not.toContain('\u001b');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    log.close();
  });

  it('goes on where it ended before', async () => {
    for (const request of ['1', '2']) {
      const log = await openEventLog(path, deps);
      log.write({ event: 'gone', address, request });
      log.close();
    }
    expect(lines()).toMatchObject([{ request: '1' }, { request: '2' }]);
  });

  it('does not grow with a flood of refusals, and says how many it left out', () => {
    const written: { event: string }[] = [];
    const write = writerTo({ write: (line) => void written.push(JSON.parse(line)) }, deps.clock);
    for (let count = 0; count < refusalsPerMinute + 250; count += 1) write(refused('busy'));
    expect(written).toHaveLength(refusalsPerMinute);
    write({ event: 'stopped' });
    expect(written.at(-1)).toMatchObject({ event: 'stopped' });
    nowMs += 60_000;
    write(refused('busy'));
    expect(written.slice(-2)).toMatchObject([{ event: 'left-out', refusals: 250 }, { event: 'refused' }]);
  });

  it('says where it cannot be', async () => {
    expect(await asyncRefusalOf(openEventLog(join(folder, 'no/such'), deps))).toBe('ERR_STORE_UNWRITABLE');
    mkdirSync(path);
    chmodSync(path, 0o700);
    expect(await asyncRefusalOf(openEventLog(path, deps))).toBe('ERR_STORE_UNWRITABLE');
  });

  it('says once that a full disk takes no more, and the server goes on', async () => {
    const troubles: string[] = [];
    const log = await openEventLog('/dev/full', { ...deps, onTrouble: (reason) => troubles.push(reason) });
    for (let count = 0; count < 5; count += 1) log.write({ event: 'stopped' });
    expect(troubles).toHaveLength(1);
    expect(troubles[0]).toMatch(/ENOSPC/);
  });
});
