import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { issueCrl } from '../../../src/pki/crl.js';
import { createIssuer } from '../../../src/pki/issuer.js';
import { freshnessOf, keepCrl, loadCrl, RevocationKnowledge } from '../../../src/store/crl.js';
import { type Home, knownCrlsFolder } from '../../../src/store/home.js';
import type { Identity } from '../../../src/store/identities.js';
import { makeCircle, type TestCircle } from '../../helpers/certificates.js';
import { makeIdentity } from '../../helpers/identity.js';
import { asyncRefusalOf } from '../pki/refusal.js';

const start = new Date(Math.floor(Date.now() / 1000) * 1000);
const later = new Date(start.getTime() + 86_400_000);

let home: Home;
let circle: TestCircle;
let identity: Identity;

beforeEach(async () => {
  home = { folder: await mkdtemp(join(tmpdir(), 'qtchat-crl-')) };
  circle = await makeCircle();
  identity = await makeIdentity(circle, { member: 'bob' });
});
afterEach(() => rm(home.folder, { recursive: true, force: true }));

function list(number: bigint, serials: readonly string[] = [], by: TestCircle = circle): Promise<Buffer> {
  const entries = serials.map((serialNumber) => ({ serialNumber, revokedAt: start, reason: 'superseded' as const }));
  const plan = { number, thisUpdate: start, nextUpdate: later, entries };
  return issueCrl(plan, createIssuer(by.key, [by.certificate]));
}

const keep = (der: Buffer) => keepCrl(home, identity.circleId, der, circle.certificate);
const known = () => loadCrl(home, identity.circleId, circle.certificate);
const kept = () => readdir(knownCrlsFolder(home, identity.circleId));
const pathOf = (number: bigint) => join(knownCrlsFolder(home, identity.circleId), `${number}.crl`);

describe('keepCrl', () => {
  it('keeps the first list and a newer one, and says which was news', async () => {
    expect(await known()).toBeUndefined();
    expect(await keep(await list(1n))).toBe(true);
    expect(await keep(await list(1n))).toBe(false);
    expect(await keep(await list(2n))).toBe(true);
    expect(await known()).toMatchObject({ number: 2n });
  });

  it('keeps one of a hundred thousand certificates, and knows it afterwards', async () => {
    const serials = Array.from(
      { length: 100_000 },
      (_, index) => `10${index.toString(16).toUpperCase().padStart(30, '0')}`,
    );
    expect(await keep(await list(1n, serials))).toBe(true);
    expect((await known())?.revoked).toHaveLength(100_000);
    expect(await keep(await list(2n))).toBe(true);
  });

  it('refuses an older one, and keeps the newer', async () => {
    await keep(await list(2n, ['0ABC']));
    expect(await asyncRefusalOf(keep(await list(1n)))).toBe('ERR_PKI_CRL_INVALID');
    expect((await known())?.revoked).toHaveLength(1);
  });

  it('refuses one of another circle, and what is no list', async () => {
    await keep(await list(1n));
    const other = await makeCircle();
    expect(await asyncRefusalOf(keep(await list(9n, [], other)))).toBe('ERR_PKI_CRL_INVALID');
    expect(await asyncRefusalOf(keep(Buffer.from('hello')))).toBe('ERR_PKI_CRL_INVALID');
    expect(await known()).toMatchObject({ number: 1n });
  });

  it('refuses one that was altered', async () => {
    const der = await list(1n, ['0ABC']);
    der[der.indexOf(Buffer.from('0abc', 'hex'))] = 0x0b;
    expect(await asyncRefusalOf(keep(der))).toBe('ERR_PKI_CRL_INVALID');
    expect(await known()).toBeUndefined();
  });

  it('takes a damaged one for none', async () => {
    await keep(await list(2n));
    const path = pathOf(2n);
    await writeFile(path, (await readFile(path)).subarray(1));
    expect(await known()).toBeUndefined();
    expect(await keep(await list(1n))).toBe(true);
  });
});

describe('lists that are kept at the same time', () => {
  it('leave the newest known, whichever is written last', async () => {
    const lists = await Promise.all([9n, 8n, 10n, 7n, 6n, 5n, 4n, 3n, 2n, 1n].map((number) => list(number)));
    await Promise.allSettled(lists.map(keep));
    expect(await known()).toMatchObject({ number: 10n });
  });

  it('leave a list known at any moment, and never an older one than before', async () => {
    const lists = await Promise.all(Array.from({ length: 20 }, (_, index) => list(BigInt(index + 1))));
    await keep(lists[0] as Buffer);
    const seen: (bigint | undefined)[] = [];
    let isDone = false;
    const looking = (async () => {
      for (; !isDone; await setImmediate()) seen.push((await known())?.number);
    })();
    for (const one of lists) await keep(one);
    isDone = true;
    await looking;
    expect(seen).not.toContain(undefined);
    expect(seen).toEqual([...seen].sort((one, other) => Number(one) - Number(other)));
  });

  it('leave none but the newest once a newer one has come', async () => {
    const lists = await Promise.all([3n, 2n, 1n].map((number) => list(number)));
    await Promise.allSettled(lists.map(keep));
    await keep(await list(4n));
    expect(await kept()).toEqual(['4.crl']);
  });
});

describe('freshnessOf', () => {
  it('is none, fresh or stale', async () => {
    await keep(await list(1n));
    const crl = await known();
    expect(freshnessOf(undefined, start)).toBe('none');
    expect(freshnessOf(crl, later)).toBe('fresh');
    expect(freshnessOf(crl, new Date(later.getTime() + 1))).toBe('stale');
  });
});

describe('RevocationKnowledge', () => {
  const knowledge = (requireFresh = false) => new RevocationKnowledge(home, identity, { requireFresh });
  const leaf = () => identity.chain[0] as NonNullable<(typeof identity.chain)[0]>;

  it('says why a revoked certificate must not be trusted, even by a stale list', async () => {
    await keep(await list(1n, [leaf().serialNumber]));
    const revocation = knowledge();
    expect(revocation.faultOf(leaf(), start)).toBeUndefined();
    expect(await revocation.refresh()).toBe(true);
    expect(revocation.faultOf(leaf(), start)).toMatch(/was revoked on .*superseded/);
    expect(revocation.faultOf(leaf(), new Date('2099-01-01'))).toMatch(/was revoked/);
  });

  it('reads again only what has changed', async () => {
    await keep(await list(1n));
    const revocation = knowledge();
    await revocation.refresh();
    expect(await revocation.refresh()).toBe(false);
    await keep(await list(2n));
    await utimes(pathOf(2n), later, later);
    expect(await revocation.refresh()).toBe(true);
    expect(revocation.crl).toMatchObject({ number: 2n });
  });

  it('trusts nobody without a fresh list where one is required', async () => {
    const revocation = knowledge(true);
    expect(revocation.faultOf(leaf(), start)).toMatch(/no fresh revocation list/);
    await keep(await list(1n));
    await revocation.refresh();
    expect(revocation.faultOf(leaf(), start)).toBeUndefined();
    expect(revocation.faultOf(leaf(), new Date('2099-01-01'))).toMatch(/no fresh revocation list/);
  });

  it('does not judge certificates of another CA by the list', async () => {
    const stranger = await makeIdentity(await makeCircle({ commonName: 'Another circle' }), { member: 'eve' });
    await keep(await list(1n, [stranger.chain[0]?.serialNumber ?? '']));
    const revocation = knowledge();
    await revocation.refresh();
    expect(revocation.faultOf(stranger.chain[0] as NonNullable<(typeof stranger.chain)[0]>, start)).toBeUndefined();
  });
});
