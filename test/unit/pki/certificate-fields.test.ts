import 'reflect-metadata';
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as x509 from '@peculiar/x509';
import fc from 'fast-check';
import {
  basicConstraintsOf,
  extendedKeyUsagesOf,
  keyUsagesOf,
  readCertificateFields,
  subjectKeyIdOf,
} from '../../../src/pki/certificate-fields.js';
import { describeCertificate } from '../../../src/pki/describe.js';
import { parseCertificates } from '../../../src/pki/pem.js';
import { makeCertificate, makeCircle, makeMember, type TestCircle } from '../../helpers/certificates.js';
import { refusalOf } from './refusal.js';

let circle: TestCircle;
beforeAll(async () => {
  circle = await makeCircle({ pathLength: 3 });
});

describe('readCertificateFields', () => {
  it("reads another library's certificate", async () => {
    const notBefore = new Date('1999-12-31T23:59:59Z');
    const notAfter = new Date('2050-01-01T00:00:00Z');
    const { certificate } = await makeMember(circle, { member: 'bob', notBefore, notAfter });
    const fields = readCertificateFields(certificate);
    expect(fields).toMatchObject({ version: 3, notBefore, notAfter, signatureAlgorithm: '1.2.840.10045.4.3.2' });
    expect(fields.issuer).toEqual(readCertificateFields(circle.certificate).subject);
    expect(basicConstraintsOf(fields)).toEqual({ ca: false });
    expect(keyUsagesOf(fields)).toEqual(['digitalSignature']);
    expect(extendedKeyUsagesOf(fields)).toEqual(['serverAuth', 'clientAuth']);
    expect(subjectKeyIdOf(fields)).toHaveLength(20);
    expect(certificate.raw.includes(fields.tbs)).toBe(true);
  });

  it('reads the CA fields of a root', () => {
    const fields = readCertificateFields(circle.certificate);
    expect(basicConstraintsOf(fields)).toEqual({ ca: true, pathLength: 3 });
    expect(keyUsagesOf(fields)).toEqual(['keyCertSign', 'cRLSign']);
    expect(extendedKeyUsagesOf(fields)).toBeUndefined();
  });

  it('shows purposes without a name of ours as OIDs', async () => {
    const { certificate } = await makeCertificate(undefined, { ekus: ['1.3.6.1.5.5.7.3.3'] });
    expect(extendedKeyUsagesOf(readCertificateFields(certificate))).toEqual(['1.3.6.1.5.5.7.3.3']);
  });

  it('refuses an extension that appears twice', async () => {
    const extraExtensions = [new x509.BasicConstraintsExtension(true, undefined, true)];
    const { certificate } = await makeCertificate(undefined, { extraExtensions });
    expect(refusalOf(() => readCertificateFields(certificate))).toBe('ERR_PKI_CERTIFICATE_INVALID');
  });

  it('meets every changed octet with a description or our refusal', () => {
    const { raw } = circle.certificate;
    fc.assert(
      fc.property(fc.nat(raw.length - 1), fc.integer({ min: 1, max: 255 }), (index, mask) => {
        const changed = Buffer.from(raw);
        changed[index] = (changed[index] ?? 0) ^ mask;
        const refusal = refusalOf(() => parseCertificates(changed).map(describeCertificate));
        expect([undefined, 'ERR_PKI_CERTIFICATE_INVALID']).toContain(refusal);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('describeCertificate', () => {
  it('says what a member certificate says', async () => {
    const notBefore = new Date('2026-01-01T00:00:00Z');
    const { certificate } = await makeMember(circle, { member: 'bob', ips: ['1.2.3.4'], notBefore });
    expect(describeCertificate(certificate)).toMatchObject({
      subject: 'CN=bob',
      issuer: 'CN=Test circle',
      selfIssued: false,
      serialNumber: certificate.serialNumber,
      notBefore,
      keyType: 'p256',
      ca: false,
      keyUsages: ['digitalSignature'],
      extendedKeyUsages: ['serverAuth', 'clientAuth'],
      names: [
        { type: 'ip', value: '1.2.3.4' },
        { type: 'uri', value: `qtchat://${circle.circleId}/bob` },
      ],
      circle: { circleId: circle.circleId, member: 'bob' },
      fingerprintSha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    });
  });

  it.each([
    ['no circle URI', []],
    ['a malformed one', ['qtchat://x']],
    ['two of them', [`qtchat://${'a'.repeat(26)}/bob`, `qtchat://${'b'.repeat(26)}/bob`]],
  ])('names no circle for a certificate with %s', async (_, uris) => {
    const { certificate } = await makeMember(circle, { member: 'bob', uris });
    expect(describeCertificate(certificate)).not.toHaveProperty('circle');
  });

  it('describes a certificate with an empty subject and an odd key', async () => {
    const { certificate } = await makeCertificate(circle, { commonName: '', keyType: 'rsa1024', dns: ['a.example'] });
    expect(describeCertificate(certificate)).toMatchObject({ subject: '', keyType: 'rsa' });
  });
});
