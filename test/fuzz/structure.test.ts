/**
 * Well-formed files with wrong things in them: the structure was changed, then signature or MAC made again, as an
 * attacker would. What reads them fails only with its own error, and what it lets through is in order.
 */
import { createPublicKey, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isQTChatError } from '../../src/errors.js';
import { canonicalName } from '../../src/pki/canonical-name.js';
import { issueCrl } from '../../src/pki/crl.js';
import { createCsr, readCsr } from '../../src/pki/csr.js';
import { derBitString, derContext, derInteger, derOctetString, derOid, derSequence } from '../../src/pki/der.js';
import { DerReader } from '../../src/pki/der-reader.js';
import { describeCertificate } from '../../src/pki/describe.js';
import { describeCsr } from '../../src/pki/describe-csr.js';
import { describePfxProtection } from '../../src/pki/describe-pfx.js';
import { issueCertificate } from '../../src/pki/issue.js';
import type { Issuer } from '../../src/pki/issuer.js';
import { keyTypeOf } from '../../src/pki/key-type.js';
import { encodeNameConstraints } from '../../src/pki/name-constraints.js';
import { oids } from '../../src/pki/oids.js';
import { encryptPbes2 } from '../../src/pki/pbes2.js';
import { parseCertificate } from '../../src/pki/pem.js';
import { decodePem, encodePem } from '../../src/pki/pem-block.js';
import { readPfx } from '../../src/pki/pfx.js';
import { buildMac } from '../../src/pki/pfx-mac.js';
import {
  bagAttributes,
  certificateBag,
  encryptedPart,
  keyPart,
  partEncryption,
  plainPart,
} from '../../src/pki/pfx-parts.js';
import { readPkcs7, toPkcs7 } from '../../src/pki/pkcs7.js';
import { buildCertificatePlan } from '../../src/pki/plan.js';
import { privateKeyToDer, readPrivateKey } from '../../src/pki/private-key.js';
import { readCrl } from '../../src/pki/read-crl.js';
import { isReservedUri } from '../../src/pki/uri.js';
import { verifyPath } from '../../src/pki/verify-path.js';
import { verifyRevocation } from '../../src/pki/verify-revocation.js';
import { makeCircle, makeKey } from '../helpers/certificates.js';
import { deps, longValidity, makeIssuer, now, peerProfile, requestFor } from '../unit/pki/issuing.js';
import { type DerChange, derChange } from './der-tree.js';

const numRuns = Number(process.env.QTCHAT_FUZZ_RUNS ?? 1000);
const testMs = 20_000 + numRuns * 10;

const names = [
  { type: 'ip' as const, value: '192.168.1.100' },
  { type: 'dns' as const, value: 'bob.example.org' },
  { type: 'email' as const, value: 'bob@example.org' },
  { type: 'uri' as const, value: 'https://example.org/' },
];
const password = 'secret';
const cheap = { password, iterations: 1, random: randomBytes };

let key: KeyObject;
let issuer: Issuer;
let issuerKey: KeyObject;
let anchor: X509Certificate;
let leaf: X509Certificate;
let request: Buffer;
let list: Buffer;

beforeAll(async () => {
  key = makeKey();
  const made = await makeIssuer();
  issuer = made.issuer;
  issuerKey = made.circle.key;
  anchor = made.circle.certificate;
  const plan = buildCertificatePlan(requestFor({ names, publicKey: createPublicKey(key) }), peerProfile, issuer, deps);
  leaf = await issueCertificate(plan, issuer);
  request = await createCsr(key, 'bob', names);
  const entries = [{ serialNumber: leaf.serialNumber, revokedAt: now, reason: 'superseded' as const }];
  const nextUpdate = new Date(now.getTime() + 86_400_000);
  list = await issueCrl({ number: 7n, thisUpdate: now, nextUpdate, entries }, issuer);
});

/** The first part of a signed structure, changed, under the algorithm it names and a signature that fits. */
function signedAnew(der: Buffer, change: DerChange, signer: KeyObject): Buffer {
  const reader = new DerReader(der).enter();
  const tbs = change(reader.readAny().whole);
  return derSequence(tbs, reader.readAny().whole, derBitString(sign('sha256', tbs, signer)));
}

/** Runs `read` on changes; at least one must be let through and one refused, else nothing was tried. */
async function fuzz(read: (change: DerChange) => unknown, runs = numRuns): Promise<void> {
  const seen = { read: 0, refused: 0 };
  await read((der) => der);
  await fc.assert(
    fc.asyncProperty(derChange, async (change) => {
      try {
        await read(change);
        seen.read += 1;
      } catch (error) {
        if (!isQTChatError(error)) throw error;
        seen.refused += 1;
      }
    }),
    { numRuns: runs },
  );
  expect(seen).toEqual({ read: expect.any(Number), refused: expect.any(Number) });
  expect(Math.min(seen.read, seen.refused)).toBeGreaterThan(0);
}

describe('fuzz: well-formed files with wrong things in them', () => {
  it(
    'requests: what is read has a key and names that certificates may have',
    () =>
      fuzz(async (change) => {
        const der = signedAnew(request, change, key);
        const asked = await readCsr(der);
        expect(keyTypeOf(asked.publicKey)).toBeDefined();
        for (const name of asked.names) {
          // What the request says is only then put into the form that certificates have, or refused.
          const canonical = canonicalName(name);
          expect(canonicalName(canonical)).toEqual(canonical);
          expect(name.type === 'uri' && isReservedUri(name.value)).toBe(false);
        }
      }),
    testMs,
  );

  it(
    'requests: they are described',
    () =>
      fuzz((change) => {
        expect(JSON.stringify(describeCsr(signedAnew(request, change, key)))).toBeDefined();
      }),
    testMs,
  );

  it(
    'certificates: they are described and judged',
    () =>
      fuzz((change) => {
        const certificate = parseCertificate(signedAnew(leaf.raw, change, issuerKey));
        expect(JSON.stringify(describeCertificate(certificate))).toBeDefined();
        verifyPath([certificate], anchor, { at: now, purpose: 'clientAuth' });
        verifyRevocation([certificate], anchor, [readCrl(list)], now);
      }),
    testMs,
  );

  it(
    'CA certificates: whatever they say, members below them are judged',
    async () => {
      const constraints = encodeNameConstraints({ permitted: [{ type: 'dns', value: 'example.org' }], excluded: [] });
      const extension = derSequence(derOid(oids.nameConstraints), derOctetString(constraints));
      const { certificate, key: caKey } = await makeCircle(longValidity);
      const withConstraints = (tbs: Buffer): Buffer => {
        const parts: Buffer[] = [];
        for (const reader = new DerReader(tbs).enter(); !reader.done; ) parts.push(reader.readAny().whole);
        const extensions = new DerReader(parts.pop() ?? Buffer.alloc(0)).enter(0xa3).read(0x30);
        return derSequence(...parts, derContext(3, derSequence(extensions, extension)));
      };
      await fuzz((change) => {
        const ca = parseCertificate(signedAnew(certificate.raw, (tbs) => change(withConstraints(tbs)), caKey));
        verifyPath([leaf, ca], anchor, { at: now, purpose: 'clientAuth' });
        verifyPath([leaf], ca, { at: now });
        verifyRevocation([leaf], ca, [readCrl(list)], now);
      });
    },
    testMs,
  );

  it(
    'revocation lists: they are judged',
    () =>
      fuzz((change) => {
        const crl = readCrl(signedAnew(list, change, issuerKey));
        verifyRevocation([leaf], anchor, [crl], now);
      }),
    testMs,
  );

  it(
    'PKCS #7: what is read are certificates',
    () =>
      fuzz((change) => {
        const [der = Buffer.alloc(0)] = decodePem(Buffer.from(toPkcs7([leaf, anchor])), ['PKCS7']);
        for (const certificate of readPkcs7(change(der))) expect(certificate).toBeInstanceOf(X509Certificate);
      }),
    testMs,
  );

  it(
    'private keys, encrypted and not: what is read is a private key',
    () =>
      fuzz(async (change) => {
        const plain = encodePem('PRIVATE KEY', change(privateKeyToDer(key)));
        const { algorithm, ciphertext } = await encryptPbes2(change(privateKeyToDer(key)), password, cheap);
        const encrypted = encodePem('ENCRYPTED PRIVATE KEY', derSequence(algorithm, derOctetString(ciphertext)));
        for (const read of [await readPrivateKey(encrypted, password), await readPrivateKey(plain)]) {
          expect(read.type).toBe('private');
          expect(() => keyTypeOf(read)).not.toThrow();
        }
      }),
    testMs,
  );

  describe('.pfx files under the right password', () => {
    const attributes = bagAttributes('bob', Buffer.alloc(20));

    async function pfxOf(authenticatedSafe: Buffer): Promise<Buffer> {
      const mac = await buildMac(authenticatedSafe, password, cheap);
      return derSequence(derInteger(3), plainPart(authenticatedSafe), mac);
    }

    async function opened(file: Buffer): Promise<void> {
      const { key: found, chain } = await readPfx(file, password);
      expect(chain[0]?.checkPrivateKey(found)).toBe(true);
      expect(describePfxProtection(file).encryption.length).toBeGreaterThan(0);
    }

    it(
      'with changed parts',
      () =>
        fuzz(async (change) => {
          const bags = derSequence(certificateBag(leaf.raw, attributes), certificateBag(anchor.raw, []));
          const parts = [
            await encryptedPart(bags, partEncryption(cheap)),
            await keyPart(privateKeyToDer(key), attributes, partEncryption(cheap)),
          ];
          await opened(await pfxOf(change(derSequence(...parts))));
        }),
      testMs,
    );

    it(
      'with changed bags, encrypted as they should be',
      () =>
        fuzz(async (change) => {
          const bags = change(derSequence(certificateBag(leaf.raw, attributes), certificateBag(anchor.raw, [])));
          const parts = [
            await encryptedPart(bags, partEncryption(cheap)),
            await keyPart(privateKeyToDer(key), attributes, partEncryption(cheap)),
          ];
          await opened(await pfxOf(derSequence(...parts)));
        }),
      testMs,
    );

    it(
      'with a changed frame',
      () =>
        fuzz(async (change) => {
          const parts = [
            plainPart(derSequence(certificateBag(leaf.raw, attributes))),
            await keyPart(privateKeyToDer(key), attributes, partEncryption(cheap)),
          ];
          await opened(change(await pfxOf(derSequence(...parts))));
        }),
      testMs,
    );
  });
});
