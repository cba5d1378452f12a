import 'reflect-metadata';
import type { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as x509 from '@peculiar/x509';
import { verifyPath } from '../../../src/pki/verify-path.js';
import {
  type CertificateFields,
  clientAuth,
  makeCircle,
  makeExplicitKey,
  makeIntermediate,
  makeKey,
  makeMember,
  serverAuth,
  type TestCircle,
  type TestMember,
} from '../../helpers/certificates.js';

const at = new Date('2026-06-15T12:00:00Z');
const validity = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2027-01-01T00:00:00Z') };
const critical = (oid: string) => new x509.Extension(oid, true, new Uint8Array([0x30, 0x00]));

let root: TestCircle;
let intermediate: TestCircle;
let member: TestMember;
beforeAll(async () => {
  root = await makeCircle(validity);
  intermediate = await makeIntermediate(root, validity);
  member = await makeMember(intermediate, { member: 'bob', ...validity });
});

const codes = (chain: readonly X509Certificate[], anchor: X509Certificate, purpose?: 'serverAuth' | 'clientAuth') =>
  verifyPath(chain, anchor, { at, ...(purpose === undefined ? {} : { purpose }) }).map((fault) => fault.code);

describe('verifyPath', () => {
  it('accepts a good path for both purposes, with and without the trust anchor at its end', () => {
    const chain = [member.certificate, intermediate.certificate];
    for (const purpose of ['serverAuth', 'clientAuth'] as const) {
      expect(codes(chain, root.certificate, purpose)).toEqual([]);
      expect(codes([...chain, root.certificate], root.certificate, purpose)).toEqual([]);
    }
  });

  it('accepts a root as a path of its own', () => {
    expect(codes([root.certificate], root.certificate)).toEqual([]);
  });

  it('accepts the first and the last second of validity, and says when it is not', () => {
    const judge = (moment: string) => verifyPath([root.certificate], root.certificate, { at: new Date(moment) });
    expect(judge('2026-01-01T00:00:00Z')).toEqual([]);
    expect(judge('2027-01-01T00:00:00Z')).toEqual([]);
    expect(judge('2025-12-31T23:59:59Z')).toEqual([
      {
        code: 'not-yet-valid',
        message: 'the certificate of "Test circle" is not valid before 2026-01-01 00:00:00 UTC',
      },
    ]);
    expect(judge('2027-01-01T00:00:01Z')).toEqual([
      { code: 'expired', message: 'the certificate of "Test circle" expired on 2027-01-01 00:00:00 UTC' },
    ]);
  });

  it.each<[string, string, Partial<CertificateFields>]>([
    ['that expired', 'expired', { notAfter: new Date('2026-06-15T11:59:59Z') }],
    ['that is not valid yet', 'not-yet-valid', { notBefore: new Date('2026-06-15T12:00:01Z') }],
    ['signed by another key', 'signature', { signingKey: makeKey() }],
    ['signed over SHA-1', 'weak', { hash: 'SHA-1' }],
    ['without clientAuth', 'usage', { ekus: [serverAuth] }],
    ['for any purpose in general but none in particular', 'usage', { ekus: ['2.5.29.37.0'] }],
    ['without digitalSignature', 'usage', { keyUsages: x509.KeyUsageFlags.keyEncipherment }],
    ['with a weak key', 'weak', { keyType: 'rsa1024' }],
    ['whose curve is described by parameters', 'unsupported', { key: makeExplicitKey('P-256') }],
    ['with name constraints', 'unsupported', { extraExtensions: [critical('2.5.29.30')] }],
    ['with an unknown critical extension', 'unsupported', { extraExtensions: [critical('1.2.3.4')] }],
    ['with an extension twice', 'malformed', { extraExtensions: [critical('2.5.29.37')] }],
  ])('refuses a member %s', async (_, code, fields) => {
    const wrong = await makeMember(intermediate, { member: 'bob', ...validity, ...fields });
    expect(codes([wrong.certificate, intermediate.certificate], root.certificate, 'clientAuth')).toEqual([code]);
  });

  it('judges usages only when a purpose is given', async () => {
    const server = await makeMember(root, { member: 'bob', ...validity, ekus: [serverAuth] });
    expect(codes([server.certificate], root.certificate)).toEqual([]);
    expect(codes([server.certificate], root.certificate, 'serverAuth')).toEqual([]);
  });

  it.each<[string, string, Partial<CertificateFields>]>([
    ['that expired', 'expired', { notAfter: new Date('2026-06-15T11:59:59Z') }],
    ['that is no CA', 'not-a-ca', { ca: false }],
    ['without basicConstraints', 'not-a-ca', { basicConstraints: false }],
    ['whose purposes lack clientAuth', 'usage', { ekus: [serverAuth] }],
    ['with a weak key', 'weak', { keyType: 'rsa2048', key: makeKey('rsa1024') }],
    ['with name constraints that say nothing', 'malformed', { extraExtensions: [critical('2.5.29.30')] }],
  ])('refuses an intermediate CA %s', async (_, code, fields) => {
    const wrong = await makeIntermediate(root, { ...validity, ...fields });
    const below = await makeMember(wrong, { member: 'bob', ...validity });
    expect(codes([below.certificate, wrong.certificate], root.certificate, 'clientAuth')).toContain(code);
  });

  it('refuses an intermediate CA that may not sign certificates', async () => {
    const wrong = await makeIntermediate(root, { ...validity, keyUsages: x509.KeyUsageFlags.cRLSign });
    const below = await makeMember(wrong, { member: 'bob', ...validity });
    expect(codes([below.certificate, wrong.certificate], root.certificate)).toContain('not-a-ca');
  });

  it('refuses a member that issues certificates', async () => {
    const victim = await makeMember({ ...intermediate, ...member }, { member: 'eve', ...validity });
    const path = [victim.certificate, member.certificate, intermediate.certificate];
    expect(codes(path, root.certificate)).toContain('not-a-ca');
  });

  it('refuses more CAs in a row than the root allows', async () => {
    const short = await makeCircle({ ...validity, pathLength: 0 });
    const ca = await makeIntermediate(short, validity);
    const direct = await makeMember(short, { member: 'bob', ...validity });
    const indirect = await makeMember(ca, { member: 'bob', ...validity });
    expect(codes([direct.certificate], short.certificate)).toEqual([]);
    expect(codes([indirect.certificate, ca.certificate], short.certificate)).toEqual(['path-length']);
  });

  it('refuses a root that expired', async () => {
    const old = await makeCircle({ ...validity, notAfter: new Date('2026-06-01T00:00:00Z') });
    const { certificate } = await makeMember(old, { member: 'bob', ...validity });
    expect(codes([certificate], old.certificate)).toEqual(['expired']);
  });

  it('refuses a member of another circle, even of one with the same name', async () => {
    const { certificate } = await makeMember(await makeCircle(validity), { member: 'bob', ...validity });
    expect(codes([certificate], root.certificate)).toEqual(['not-issued-by']);
  });

  it('refuses a path with a step missing, out of order, or none', () => {
    expect(codes([member.certificate], root.certificate)).toEqual(['not-issued-by']);
    expect(codes([intermediate.certificate, member.certificate], root.certificate)).toContain('not-issued-by');
    expect(codes([], root.certificate)).toEqual(['path-length']);
  });

  it('refuses a path that is absurdly long', () => {
    const chain = Array.from({ length: 11 }, () => intermediate.certificate);
    expect(codes(chain, root.certificate)).toEqual(['path-length']);
  });

  it('finds no certificate valid at a moment that does not exist', () => {
    const faults = verifyPath([root.certificate], root.certificate, { at: new Date(Number.NaN) });
    expect(faults.map((fault) => fault.code)).toEqual(['not-yet-valid', 'expired']);
  });

  it('lists every fault of a certificate', async () => {
    const fields = {
      member: 'bob',
      notBefore: validity.notBefore,
      notAfter: new Date('2026-06-01'),
      ekus: [clientAuth],
    };
    const wrong = await makeMember(root, { ...fields, signingKey: makeKey() });
    expect(codes([wrong.certificate], root.certificate, 'serverAuth')).toEqual(['expired', 'usage', 'signature']);
  });

  it('shows names of strangers without their control characters', async () => {
    const [fault] = verifyPath([(await makeCircle({ commonName: 'a\u202eb' })).certificate], root.certificate, { at });
    expect(fault?.message).not.toMatch(/\p{Cf}/u);
  });
});
