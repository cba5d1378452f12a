import { createPrivateKey, createPublicKey } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { KeyPool } from '../../../ca-server/keys/key-pool.js';
import { type KeyThreads, startKeyThreads } from '../../../ca-server/keys/key-threads.js';
import { packageRoot } from '../../../src/package-root.js';
import { type FreshKey, makeFreshKey } from '../../../src/pki/fresh-key.js';
import type { KeyType } from '../../../src/pki/key-type.js';
import { readPfx } from '../../../src/pki/pfx.js';
import { SubjectPublicKey } from '../../../src/pki/subject-public-key.js';
import { makeCircle, makeMember } from '../../helpers/certificates.js';
import { asyncRefusalOf } from '../pki/refusal.js';

const worker = join(packageRoot(), 'dist/key-worker.js');
const start = (type: KeyType, program = worker) => startKeyThreads(type, program, { ahead: true });

describe('keys made in threads', () => {
  let keys: KeyThreads;
  const using = async (type: KeyType, act: () => Promise<void>) => {
    keys = start(type);
    try {
      await act();
    } finally {
      await keys.close();
    }
  };
  const privateHalf = ({ pkcs8 }: FreshKey) => createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });

  it.each<KeyType>(['p256', 'p384', 'ed25519', 'rsa2048'])(
    'are of the kind %s, whole, and each one is another',
    (type) =>
      using(type, async () => {
        const made = await Promise.all([keys.makeKey(), keys.makeKey(), keys.makeKey()]);
        for (const key of made) {
          expect(key.publicKey.keyType).toBe(type);
          expect(key.publicKey.keyObject.equals(createPublicKey(privateHalf(key)))).toBe(true);
        }
        expect(new Set(made.map(({ publicKey }) => publicKey.der.toString('hex'))).size).toBe(3);
      }),
  );

  it('are locked into files that the password opens', () =>
    using('p256', async () => {
      const circle = await makeCircle();
      const member = await makeMember(circle, { member: 'bob' });
      const pkcs8 = member.key.export({ type: 'pkcs8', format: 'der' });
      const key = { publicKey: SubjectPublicKey.of(member.key), pkcs8 };
      const chain = [member.certificate.raw, circle.certificate.raw];
      const options = { password: 'open sesame', friendlyName: 'bob', iterations: 10 };
      const file = await keys.lock({ key, chain }, options);
      expect((await readPfx(file, 'open sesame')).key.equals(member.key)).toBe(true);
      expect(await asyncRefusalOf(readPfx(file, 'wrong'))).toBe('ERR_PASSWORD_WRONG');
    }));

  it('are not locked with certificates of another key, and the next file is made all the same', () =>
    using('p256', async () => {
      const circle = await makeCircle();
      const key = await keys.makeKey();
      const options = { password: 'open sesame', friendlyName: 'bob', iterations: 10 };
      const stray = keys.lock({ key, chain: [circle.certificate.raw] }, options);
      expect(await asyncRefusalOf(stray)).toBe('ERR_PKI_KEY_INVALID');
      expect(await keys.makeKey()).toMatchObject({ publicKey: { keyType: 'p256' } });
    }));
});

describe('threads that make keys', () => {
  it('refuse whoever still waits when they are ended, and whoever comes after', async () => {
    const keys = start('rsa4096');
    const waiting = Array.from({ length: 3 }, () => asyncRefusalOf(keys.makeKey()));
    await keys.close();
    expect(await Promise.all(waiting)).toEqual(Array(3).fill('ERR_INTERNAL'));
    expect(await asyncRefusalOf(keys.makeKey())).toBe('ERR_INTERNAL');
  });

  it('are refused as our own fault when they cannot be started, each time anew', async () => {
    const keys = start('p256', join(packageRoot(), 'dist/no-such-worker.js'));
    expect(await asyncRefusalOf(keys.makeKey())).toBe('ERR_INTERNAL');
    expect(await asyncRefusalOf(keys.makeKey())).toBe('ERR_INTERNAL');
    await keys.close();
  });
});

describe('KeyPool', () => {
  const counted = (type: KeyType) => {
    const calls: number[] = [];
    let inWork = 0;
    let most = 0;
    const pool = new KeyPool(type, async (count) => {
      calls.push(count);
      inWork += 1;
      most = Math.max(most, inWork);
      const keys = await Promise.all(Array.from({ length: count }, () => makeFreshKey('p256')));
      inWork -= 1;
      return keys;
    });
    return { pool, calls, most: () => most };
  };

  it('makes RSA keys one after the other, until 16 lie ready', async () => {
    const { pool, calls, most } = counted('rsa4096');
    await Promise.all(Array.from({ length: 5 }, () => pool.take()));
    while (calls.length < 21) await new Promise(setImmediate);
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
    expect(calls).toEqual(Array(21).fill(1));
    expect(most()).toBe(1);
  });

  it('makes keys on curves many at a time, and none while enough lie ready', async () => {
    const { pool, calls } = counted('p256');
    await pool.take();
    while (calls.length < 2) await new Promise(setImmediate);
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
    expect(calls).toEqual([32, 32]);
    // 63 lie ready: half of the stock may go before the next batch is made.
    for (let taken = 0; taken < 31; taken += 1) {
      expect(calls).toEqual([32, 32]);
      await pool.take();
    }
    expect(calls).toEqual([32, 32, 32]);
  });

  it('gives nobody the key of another, however many ask at once', async () => {
    const { pool } = counted('p256');
    const taken = await Promise.all(Array.from({ length: 200 }, () => pool.take()));
    expect(new Set(taken.map(({ pkcs8 }) => pkcs8.toString('hex'))).size).toBe(200);
  });

  it('tells all who wait when keys cannot be made, and tries again for the next', async () => {
    let isBroken = true;
    const pool = new KeyPool('p256', async (count) => {
      if (isBroken) throw new Error('no entropy');
      return Promise.all(Array.from({ length: count }, () => makeFreshKey('p256')));
    });
    const results = await Promise.allSettled([pool.take(), pool.take()]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    isBroken = false;
    expect(await pool.take()).toMatchObject({ publicKey: { keyType: 'p256' } });
  });
});
