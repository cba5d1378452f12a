import { describe, expect, it } from '@jest/globals';
import { createCsr } from '../../../src/pki/csr.js';
import { csrFromFile, csrToPem } from '../../../src/pki/csr-file.js';
import { makeKey } from '../../helpers/certificates.js';
import { refusalOf } from './refusal.js';

const der = await createCsr(makeKey(), 'bob');
const pem = csrToPem(der);

describe('csrFromFile', () => {
  it.each<[string, Buffer]>([
    ['PEM', Buffer.from(pem)],
    ['PEM with Windows line ends', Buffer.from(pem.replaceAll('\n', '\r\n'))],
    ['PEM as keytool labels it', Buffer.from(pem.replaceAll('CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'))],
    ['PEM below text', Buffer.from(`PKCS #10 Certificate Request Information:\n\tVersion: 1\n${pem}`)],
    ['DER', der],
  ])('reads %s', (_, file) => {
    expect(csrFromFile(file)).toEqual(der);
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['prose', 'a certificate signing request'],
    ['a certificate', pem.replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE')],
    ['two requests', pem + pem],
    ['a block that is not closed', pem.slice(0, -10)],
    ['a block that is closed by another label', pem.replace('END CERTIFICATE REQUEST', 'END NEW CERTIFICATE REQUEST')],
  ])('refuses %s', (_, file) => {
    expect(refusalOf(() => csrFromFile(Buffer.from(file)))).toBe('ERR_PKI_CSR_REFUSED');
  });

  it('is written in lines of 64 characters', () => {
    expect(pem).toMatch(
      /^-----BEGIN CERTIFICATE REQUEST-----\n([\w+/=]{64}\n)+[\w+/=]{1,64}\n-----END [A-Z ]+-----\n$/,
    );
  });
});
