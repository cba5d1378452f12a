/**
 * Damaged and random octets given to everything that reads a stranger's file: it is refused with our
 * error or read, never anything else, and each in a time that no file can stretch.
 */
import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isQTChatError } from '../../src/errors.js';
import { berToDer } from '../../src/pki/ber.js';
import { parseCertificateFields } from '../../src/pki/certificate-fields.js';
import { issueCrl } from '../../src/pki/crl.js';
import { createCsr, readCsr } from '../../src/pki/csr.js';
import { derSequence } from '../../src/pki/der.js';
import { DerError, DerReader } from '../../src/pki/der-reader.js';
import { describeCertificate } from '../../src/pki/describe.js';
import { issueCertificate } from '../../src/pki/issue.js';
import { readOcspRequest } from '../../src/pki/ocsp-request.js';
import { parseCertificates, toPem } from '../../src/pki/pem.js';
import { readPfx, writePfx } from '../../src/pki/pfx.js';
import { buildCertificatePlan } from '../../src/pki/plan.js';
import { privateKeyToPem, readPrivateKey } from '../../src/pki/private-key.js';
import { readCrl } from '../../src/pki/read-crl.js';
import { deps, makeIssuer, now, peerProfile, requestFor } from '../unit/pki/issuing.js';

const numRuns = Number(process.env.QTCHAT_FUZZ_RUNS ?? 2000);
/** Generous: the longest legitimate work on one file is some 300 ms of deriving a key. */
const longestMs = 5000;
const testMs = 20_000 + numRuns * 10;

/** One change to a run of octets. */
type Change = (octets: Buffer) => Buffer;

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const at = (octets: Buffer, where: number): number => Math.floor(where * octets.length);
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(place, fc.nat(255)).map(
    ([where, value]): Change =>
      (octets) => {
        const changed = Buffer.from(octets);
        if (changed.length > 0) changed[at(octets, where)] = value;
        return changed;
      },
  ),
  place.map(
    (where): Change =>
      (octets) =>
        octets.subarray(0, at(octets, where)),
  ),
  fc.tuple(place, fc.uint8Array({ maxLength: 8 })).map(
    ([where, more]): Change =>
      (octets) =>
        Buffer.concat([octets.subarray(0, at(octets, where)), more, octets.subarray(at(octets, where))]),
  ),
  fc.tuple(place, place).map(
    ([from, to]): Change =>
      (octets) =>
        Buffer.concat([octets.subarray(0, at(octets, from)), octets.subarray(at(octets, to))]),
  ),
);

/** A sample with up to four changes, or octets that never were anything. */
function damaged(samples: () => readonly Buffer[]): fc.Arbitrary<() => Buffer> {
  const changed = fc.tuple(fc.nat(), fc.array(change, { maxLength: 4 })).map(([index, changes]) => () => {
    const list = samples();
    return changes.reduce((octets, apply) => apply(octets), list[index % list.length] ?? Buffer.alloc(0));
  });
  return fc.oneof(
    { weight: 9, arbitrary: changed },
    fc.uint8Array({ maxLength: 200 }).map((octets) => () => Buffer.from(octets)),
  );
}

const samples = {
  certificates: [] as Buffer[],
  requests: [] as Buffer[],
  bundles: [] as Buffer[],
  keys: [] as Buffer[],
  lists: [] as Buffer[],
  /** As openssl ocsp writes it, with a nonce. */
  questions: [
    Buffer.from(
      'MHoweDBRME8wTTAJBgUrDgMCGgUABBRCTvM2bYsX5PmGXqeEn+ECutGoLgQUSaiEOkVI5nheQPJsECaTNG5fPjsCFDGf6g7+rpMawe1LWLmykShAA5fvoiMwITAfBgkrBgEFBQcwAQIEEgQQv6k3UIrQ1Crl43y4a4EkwA==',
      'base64',
    ),
  ],
};

beforeAll(async () => {
  const { issuer } = await makeIssuer();
  const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const names = [
    { type: 'ip' as const, value: '192.168.1.100' },
    { type: 'dns' as const, value: 'bob.example.org' },
  ];
  const plan = buildCertificatePlan(requestFor({ names, publicKey: createPublicKey(key) }), peerProfile, issuer, deps);
  const certificate = await issueCertificate(plan, issuer);
  samples.certificates.push(certificate.raw, Buffer.from(toPem(certificate, ...issuer.chain)));
  samples.requests.push(await createCsr(key, 'bob', names));
  const options = { password: 'secret', friendlyName: 'bob', iterations: 2048, random: randomBytes };
  samples.bundles.push(await writePfx({ key, chain: [certificate.raw] }, options));
  samples.keys.push(
    Buffer.from(privateKeyToPem(key)),
    Buffer.from(key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' })),
    Buffer.from(key.export({ type: 'sec1', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' })),
  );
  const nextUpdate = new Date(now.getTime() + 86_400_000);
  const entries = [{ serialNumber: certificate.serialNumber, revokedAt: now, reason: 'superseded' as const }];
  samples.lists.push(await issueCrl({ number: 7n, thisUpdate: now, nextUpdate, entries }, issuer));
});

/** Reads damaged samples; fails on any error but `expected`, on any that takes long, and when none is ever read. */
async function fuzz(
  list: () => readonly Buffer[],
  read: (octets: Buffer) => unknown,
  expected: (error: unknown) => boolean = isQTChatError,
): Promise<void> {
  let readable = 0;
  await fc.assert(
    fc.asyncProperty(damaged(list), async (make) => {
      const startMs = performance.now();
      try {
        await read(make());
        readable += 1;
      } catch (error) {
        if (!expected(error)) throw error;
      }
      expect(performance.now() - startMs).toBeLessThan(longestMs);
    }),
    { numRuns },
  );
  expect(readable).toBeGreaterThan(0);
}

describe('fuzz: what reads files of strangers fails only with its own error', () => {
  const readAll = (octets: Buffer): void => {
    const readers = [new DerReader(octets)];
    for (let reader = readers.pop(); reader !== undefined; reader = readers.pop()) {
      while (!reader.done) {
        const { tag, content } = reader.readAny();
        if ((tag & 0x20) !== 0) readers.push(new DerReader(content));
      }
    }
  };

  it(
    'DER',
    () =>
      fuzz(
        () => [...samples.requests, derSequence()],
        readAll,
        (error) => error instanceof DerError,
      ),
    testMs,
  );

  it(
    'BER',
    () =>
      fuzz(
        () => samples.bundles,
        berToDer,
        (error) => error instanceof DerError,
      ),
    testMs,
  );

  it(
    'certificates, in DER and PEM',
    () =>
      fuzz(
        () => samples.certificates,
        (octets) => parseCertificates(octets).map(describeCertificate),
      ),
    testMs,
  );

  it('the fields of certificates', () => fuzz(() => samples.certificates, parseCertificateFields), testMs);

  it('requests', () => fuzz(() => samples.requests, readCsr), testMs);

  it('revocation lists', () => fuzz(() => samples.lists, readCrl), testMs);

  it('questions about revocation (OCSP)', () => fuzz(() => samples.questions, readOcspRequest), testMs);

  it(
    'private keys in PEM',
    () =>
      fuzz(
        () => samples.keys,
        (octets) => readPrivateKey(octets.toString('latin1'), 'secret'),
      ),
    testMs,
  );

  it(
    '.pfx files',
    () =>
      fuzz(
        () => samples.bundles,
        (octets) => readPfx(octets, 'secret'),
      ),
    testMs,
  );
});
