import { beforeAll, describe, expect, it } from '@jest/globals';
import { parseCertificates, toPem } from '../../../src/pki/pem.js';
import { makeCircle, makeMember, type TestCircle, type TestMember } from '../../helpers/certificates.js';
import { refusalOf } from './refusal.js';

let circle: TestCircle;
let member: TestMember;
beforeAll(async () => {
  circle = await makeCircle();
  member = await makeMember(circle, { member: 'bob' });
});

const block = (body: string) => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;

describe('parseCertificates', () => {
  it('reads DER, PEM, and PEM in a buffer', () => {
    for (const file of [member.certificate.raw, member.certificatePem, Buffer.from(member.certificatePem)]) {
      expect(parseCertificates(file).map((certificate) => certificate.serialNumber)).toEqual([
        member.certificate.serialNumber,
      ]);
    }
  });

  it('reads certificates in their order, passing over keys and text', () => {
    const file = `Bag Attributes\n${member.certificatePem}\n${member.keyPem}\n${circle.rootPem.replaceAll('\n', '\r\n')}`;
    expect(parseCertificates(file).map((certificate) => certificate.subject)).toEqual(['CN=bob', 'CN=Test circle']);
  });

  it('reads what toPem writes', () => {
    const chain = [member.certificate, circle.certificate];
    expect(parseCertificates(toPem(...chain)).map((certificate) => certificate.raw)).toEqual(
      chain.map((certificate) => certificate.raw),
    );
  });

  it.each<[string, () => string | Buffer]>([
    ['nothing', () => ''],
    ['an empty buffer', () => Buffer.alloc(0)],
    ['a key', () => member.keyPem],
    ['junk in PEM', () => block('AAAA')],
    ['a block cut short', () => member.certificatePem.slice(0, 200)],
    ['junk that begins like DER', () => Buffer.from('3003020101', 'hex')],
    ['octets behind the DER', () => Buffer.concat([member.certificate.raw, Buffer.alloc(1)])],
    [
      'octets behind the DER within PEM',
      () => block(Buffer.concat([member.certificate.raw, Buffer.alloc(3)]).toString('base64')),
    ],
    ['a good certificate before a bad one', () => member.certificatePem + block('AAAA')],
    ['a hundred and one certificates', () => member.certificatePem.repeat(101)],
  ])('refuses %s', (_, file) => {
    expect(refusalOf(() => parseCertificates(file()))).toBe('ERR_PKI_CERTIFICATE_INVALID');
  });
});
