import type { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { derContext, derInteger, derOid, derSequence, derSet } from '../../../src/pki/der.js';
import { encodePem } from '../../../src/pki/pem-block.js';
import { pkcs7InFile, readPkcs7, toPkcs7 } from '../../../src/pki/pkcs7.js';
import { makeCircle, makeIntermediate, makeMember, type TestCircle } from '../../helpers/certificates.js';
import { refusalOf } from './refusal.js';

let circle: TestCircle;
/** Member, intermediate, root. */
let chain: X509Certificate[];
beforeAll(async () => {
  circle = await makeCircle();
  const intermediate = await makeIntermediate(circle);
  const member = await makeMember(intermediate, { member: 'bob' });
  chain = [member.certificate, intermediate.certificate, circle.certificate];
});

const fileOf = (certificates: readonly X509Certificate[]): Buffer => Buffer.from(toPkcs7(certificates));
const read = (file: Buffer): string[] =>
  readPkcs7(pkcs7InFile(file) ?? Buffer.alloc(0)).map(({ fingerprint256 }) => fingerprint256);
const fingerprints = (certificates: readonly X509Certificate[]): string[] =>
  certificates.map(({ fingerprint256 }) => fingerprint256);

/** A SignedData around the content of its certificate set. */
const signedData = (set: Buffer[], type = '1.2.840.113549.1.7.2'): Buffer =>
  derSequence(
    derOid(type),
    derContext(0, derSequence(derInteger(1), derSet(), derSequence(derOid('1.2.840.113549.1.7.1')), ...set, derSet())),
  );

describe('PKCS #7', () => {
  it('gives back what was put in, the first first', () => {
    expect(read(fileOf(chain))).toEqual(fingerprints(chain));
  });

  it('gives the member first, then its issuers, in whatever order they stand', () => {
    for (const order of [
      [2, 1, 0],
      [1, 2, 0],
      [0, 2, 1],
      [2, 0, 1],
    ]) {
      const shuffled = order.flatMap((index) => chain[index] ?? []);
      expect(read(fileOf(shuffled))).toEqual(fingerprints(chain));
    }
  });

  it('keeps a certificate that belongs to no chain, last', async () => {
    const stranger = (await makeCircle()).certificate;
    expect(read(fileOf([...chain, stranger]))).toEqual(fingerprints([...chain, stranger]));
  });

  it('is found in DER and under both labels, and nowhere else', () => {
    const der = pkcs7InFile(fileOf(chain)) ?? Buffer.alloc(0);
    expect(pkcs7InFile(der)).toEqual(der);
    expect(pkcs7InFile(Buffer.from(encodePem('CMS', der)))).toEqual(der);
    expect(pkcs7InFile(circle.certificate.raw)).toBeUndefined();
    expect(pkcs7InFile(Buffer.from(circle.rootPem))).toBeUndefined();
    expect(pkcs7InFile(Buffer.alloc(0))).toBeUndefined();
  });

  it.each<[string, () => Buffer]>([
    ['without certificates', () => signedData([])],
    ['with an empty set of them', () => signedData([derContext(0)])],
    ['with something else in the set', () => signedData([derContext(0, derInteger(1))])],
    ['with a certificate cut short', () => signedData([derContext(0, circle.certificate.raw.subarray(0, -1))])],
    [
      'with more than 100 certificates',
      () => signedData([derContext(0, ...Array<Buffer>(101).fill(circle.certificate.raw))]),
    ],
    ['of another type', () => signedData([derContext(0, circle.certificate.raw)], '1.2.840.113549.1.7.1')],
    ['followed by an octet', () => Buffer.concat([signedData([derContext(0, circle.certificate.raw)]), Buffer.of(0)])],
    ['of no octets', () => Buffer.alloc(0)],
  ])('is refused %s', (_, make) => {
    expect(refusalOf(() => readPkcs7(make()))).toBe('ERR_PKI_CERTIFICATE_INVALID');
  });

  it('is refused or read with any octets changed', () => {
    const der = pkcs7InFile(fileOf(chain)) ?? Buffer.alloc(0);
    const change = fc.tuple(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const changed = Buffer.from(der);
        for (const [at, mask] of changes) changed[at] = (changed[at] ?? 0) ^ mask;
        expect([undefined, 'ERR_PKI_CERTIFICATE_INVALID']).toContain(refusalOf(() => readPkcs7(changed)));
      }),
      { numRuns: 500 },
    );
  });
});
