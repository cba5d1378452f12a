import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as x509 from '@peculiar/x509';
import { type CrlPlan, crlToPem, issueCrl } from '../../../src/pki/crl.js';
import { createIssuer, type Issuer } from '../../../src/pki/issuer.js';
import { readCrl, verifyCrl } from '../../../src/pki/read-crl.js';
import { type RevocationReason, revocationReasonCodes } from '../../../src/pki/revocation-reason.js';
import { makeCircle, type TestCircle } from '../../helpers/certificates.js';
import { asyncRefusalOf, refusalOf } from './refusal.js';

const start = new Date('2030-01-01T00:00:00Z');
const reasons = Object.keys(revocationReasonCodes) as RevocationReason[];

const good: CrlPlan = {
  number: 7n,
  thisUpdate: start,
  nextUpdate: new Date('2030-01-08T00:00:00Z'),
  entries: reasons.map((reason, index) => ({ serialNumber: `80000000000000${index}0`, revokedAt: start, reason })),
};

let circle: TestCircle;
let issuer: Issuer;
let der: Buffer;

beforeAll(async () => {
  circle = await makeCircle();
  issuer = createIssuer(circle.key, [circle.certificate]);
  der = await issueCrl(good, issuer);
});

describe('issueCrl', () => {
  it('is read back as planned, from DER and from PEM', () => {
    const expected = { number: 7n, thisUpdate: good.thisUpdate, nextUpdate: good.nextUpdate, revoked: good.entries };
    expect(readCrl(der)).toMatchObject(expected);
    expect(readCrl(Buffer.from(crlToPem(der)))).toEqual(readCrl(der));
  });

  it('is read by another library in the same way', () => {
    const other = new x509.X509Crl(der);
    expect(other.version).toBe(1);
    expect(other.thisUpdate).toEqual(good.thisUpdate);
    expect(other.nextUpdate).toEqual(good.nextUpdate);
    expect(other.entries.map(({ reason }) => reason ?? 0)).toEqual(Object.values(revocationReasonCodes));
  });

  it('leaves out the list of entries when there is none', async () => {
    expect(new x509.X509Crl(await issueCrl({ ...good, entries: [] }, issuer)).entries).toEqual([]);
  });

  it.each<[string, Partial<CrlPlan>]>([
    ['a negative number', { number: -1n }],
    ['a number of 21 octets', { number: 1n << 159n }],
    ['an end before its beginning', { nextUpdate: start }],
    ['a certificate twice', { entries: [...good.entries, { ...entry(), serialNumber: '008000000000000000' }] }],
  ])('refuses a list with %s', async (_, change) => {
    expect(await asyncRefusalOf(issueCrl({ ...good, ...change }, issuer))).toBe('ERR_PKI_PLAN_REFUSED');
  });

  it('refuses a CA that may not sign lists', async () => {
    const other = await makeCircle({ keyUsages: x509.KeyUsageFlags.keyCertSign });
    const refusal = asyncRefusalOf(issueCrl(good, createIssuer(other.key, [other.certificate])));
    expect(await refusal).toBe('ERR_PKI_PLAN_REFUSED');
  });
});

describe('readCrl', () => {
  it.each<[string, () => Buffer]>([
    ['nothing', () => Buffer.alloc(0)],
    ['text', () => Buffer.from('hello')],
    ['another PEM block', () => Buffer.from(circle.rootPem)],
    ['a certificate', () => circle.certificate.raw],
    ['a list cut short', () => der.subarray(0, -1)],
    ['octets behind the list', () => Buffer.concat([der, Buffer.of(0)])],
  ])('refuses %s', (_, file) => {
    expect(refusalOf(() => readCrl(file()))).toBe('ERR_PKI_CRL_INVALID');
  });

  it('refuses what is in a critical extension, such as a partial list', async () => {
    const partial = await otherCrl([new x509.Extension('2.5.29.28', true, Buffer.from('30038101ff', 'hex'))]);
    expect(refusalOf(() => readCrl(partial))).toBe('ERR_PKI_CRL_INVALID');
  });

  it('reads a list of another program, even without a number', async () => {
    expect(readCrl(await otherCrl([]))).toMatchObject({ number: undefined, revoked: [{ serialNumber: '0A' }] });
  });

  it('never fails otherwise, whichever octet is altered, and then the signature tells', () => {
    for (let index = 0; index < der.length; index += 1) {
      const altered = Buffer.from(der);
      altered[index] = (altered[index] ?? 0) ^ 0x01;
      const refusal = refusalOf(() => verifyCrl(readCrl(altered), circle.certificate));
      expect(refusal).toBe('ERR_PKI_CRL_INVALID');
    }
  });
});

describe('verifyCrl', () => {
  it('refuses a list of another CA, even of one with the same name', async () => {
    const [same, other] = [await makeCircle(), await makeCircle({ commonName: 'Somebody else' })];
    for (const { certificate } of [same, other]) {
      expect(refusalOf(() => verifyCrl(readCrl(der), certificate))).toBe('ERR_PKI_CRL_INVALID');
    }
  });

  it('refuses a list signed with the key of a CA whose certificate does not allow it', async () => {
    const keyUsages = x509.KeyUsageFlags.keyCertSign;
    const { certificate } = await makeCircle({ key: circle.key, keyUsages });
    expect(refusalOf(() => verifyCrl(readCrl(der), certificate))).toBe('ERR_PKI_CRL_INVALID');
  });
});

function entry() {
  return { revokedAt: start, reason: 'unspecified' } as const;
}

async function otherCrl(extensions: x509.Extension[]): Promise<Buffer> {
  const pkcs8 = circle.key.export({ type: 'pkcs8', format: 'der' });
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const signingKey = await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
  const crl = await x509.X509CrlGenerator.create({
    issuer: new x509.X509Certificate(new X509Certificate(circle.rootPem).raw).subject,
    thisUpdate: start,
    nextUpdate: good.nextUpdate,
    entries: [{ serialNumber: '0a', revocationDate: start }],
    extensions,
    signingAlgorithm: algorithm,
    signingKey,
  });
  return Buffer.from(crl.rawData);
}
