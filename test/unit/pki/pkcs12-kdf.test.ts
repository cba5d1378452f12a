import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import forge from 'node-forge';
import { deriveFromPassword } from '../../../src/pki/pkcs12-kdf.js';

const sha1 = { name: 'sha1', blockOctets: 64, octets: 20 } as const;
const purposes = { encryptionKey: 1, iv: 2, macKey: 3 } as const;

describe('deriveFromPassword', () => {
  // The values that implementations have passed on since PKCS #12 v1.0: see Bouncy Castle's PKCS12Test.
  it.each([
    ['smeg', '0a58cf64530d823f', 1, '8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3'],
    ['queeg', '05dec959acff72f7', 1000, 'ed2034e36328830ff09df1e1a07dd357185dac0d4f9eb3d4'],
  ])('derives the key of %s', async (password, salt, iterations, key) => {
    const parameters = { salt: Buffer.from(salt, 'hex'), iterations, digest: sha1, size: 24 };
    const derived = await deriveFromPassword(password, { purpose: 'encryptionKey', ...parameters });
    expect(derived.toString('hex')).toBe(key);
  });

  it('agrees with node-forge for any password, salt, purpose and size', async () => {
    const cases = fc.record({
      password: fc.string({ maxLength: 40 }),
      salt: fc.uint8Array({ minLength: 1, maxLength: 80 }),
      purpose: fc.constantFrom('encryptionKey', 'iv', 'macKey'),
      size: fc.integer({ min: 1, max: 90 }),
      iterations: fc.integer({ min: 1, max: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ password, salt, purpose, size, iterations }) => {
        const ours = await deriveFromPassword(password, {
          purpose,
          salt: Buffer.from(salt),
          iterations,
          digest: sha1,
          size,
        });
        const theirSalt = forge.util.createBuffer(Buffer.from(salt).toString('latin1'));
        const theirs = forge.pkcs12.generateKey(password, theirSalt, purposes[purpose], iterations, size);
        expect(ours.toString('hex')).toBe(theirs.toHex());
      }),
      { numRuns: 200 },
    );
  });

  it('leaves the event loop free while it works for long, with the same result', async () => {
    const salt = Buffer.alloc(8, 1);
    let turns = 0;
    const ticking = setInterval(() => {
      turns += 1;
    }, 1);
    const parameters = { purpose: 'macKey', salt, iterations: 100_000, digest: sha1, size: 20 } as const;
    const derived = await deriveFromPassword('secret', parameters);
    clearInterval(ticking);
    const theirs = forge.pkcs12.generateKey('secret', forge.util.createBuffer(salt.toString('latin1')), 3, 100_000, 20);
    expect(derived.toString('hex')).toBe(theirs.toHex());
    expect(turns).toBeGreaterThan(3);
  });
});
