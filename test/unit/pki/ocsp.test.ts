import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { derContext, derInteger, derNull, derOctetString, derOid, derSequence, derTrue } from '../../../src/pki/der.js';
import { isIssuedBy, readOcspRequest } from '../../../src/pki/ocsp-request.js';
import {
  encodeOcspAnswer,
  encodeOcspFailure,
  type OcspResponderCredential,
  type OcspStatus,
} from '../../../src/pki/ocsp-response.js';
import { oids } from '../../../src/pki/oids.js';
import {
  makeCertificate,
  makeCircle,
  makeMember,
  type TestCircle,
  type TestMember,
} from '../../helpers/certificates.js';
import { describeWith } from '../../helpers/require-program.js';
import { refusalOf } from './refusal.js';

/** Fields of one question; each row of the table below changes one. */
interface Question {
  version?: Buffer;
  certIds: Buffer[];
  extensions?: Buffer[];
  after?: Buffer;
}

const certId = (serial = 7n, hash: string = oids.sha1): Buffer =>
  derSequence(
    derSequence(derOid(hash), derNull),
    derOctetString(Buffer.alloc(20, 1)),
    derOctetString(Buffer.alloc(20, 2)),
    derInteger(serial),
  );
const nonceOf = (value: Buffer, ...flags: Buffer[]): Buffer =>
  derSequence(derOid(oids.ocspNonce), ...flags, derOctetString(value));

function encode({ version, certIds, extensions, after = Buffer.alloc(0) }: Question): Buffer {
  const tbs = [derSequence(...certIds.map((id) => derSequence(id)))];
  if (version !== undefined) tbs.unshift(derContext(0, version));
  if (extensions !== undefined) tbs.push(derContext(2, derSequence(...extensions)));
  return Buffer.concat([derSequence(derSequence(...tbs)), after]);
}

describe('readOcspRequest', () => {
  const nonce = derOctetString(Buffer.alloc(16, 9));

  it('reads what is asked, with the nonce', () => {
    const request = readOcspRequest(encode({ certIds: [certId(0xabcn), certId(1n)], extensions: [nonceOf(nonce)] }));
    expect(request.certIds.map(({ serialNumber }) => serialNumber)).toEqual(['0ABC', '01']);
    expect(request.certIds[0]?.encoding).toEqual(certId(0xabcn));
    expect(request.nonce).toEqual(nonce);
  });

  it.each<[string, Question]>([
    ['nobody', { certIds: [] }],
    ['nine certificates', { certIds: Array.from({ length: 9 }, () => certId()) }],
    ['something that is no CertID', { certIds: [derInteger(1)] }],
    ['a certificate, in another version', { version: derInteger(1), certIds: [certId()] }],
    ['a certificate, and more behind it', { certIds: [certId()], after: derNull }],
    ['a certificate, with an empty nonce', { certIds: [certId()], extensions: [nonceOf(derOctetString())] }],
    [
      'a certificate, with a nonce of 129 octets',
      { certIds: [certId()], extensions: [nonceOf(derOctetString(Buffer.alloc(129)))] },
    ],
    ['a certificate, with a nonce that is no octet string', { certIds: [certId()], extensions: [nonceOf(derNull)] }],
    ['a certificate, with two nonces', { certIds: [certId()], extensions: [nonceOf(nonce), nonceOf(nonce)] }],
    [
      'a certificate, with an unknown critical extension',
      { certIds: [certId()], extensions: [derSequence(derOid('1.2.3'), derTrue, derOctetString(nonce))] },
    ],
  ])('refuses a question about %s', (_, question) => {
    expect(refusalOf(() => readOcspRequest(encode({ certIds: [certId()] })))).toBeUndefined();
    expect(refusalOf(() => readOcspRequest(encode(question)))).toBe('ERR_PROTOCOL');
  });

  it('refuses a question that is too long, before it reads it', () => {
    expect(refusalOf(() => readOcspRequest(Buffer.alloc(2049, 0x30)))).toBe('ERR_PROTOCOL');
  });

  it('finds no serial number of ours in one of 21 octets', () => {
    expect(readOcspRequest(encode({ certIds: [certId(1n << 160n)] })).certIds[0]?.serialNumber).toBeUndefined();
  });

  it('takes no certificate for ours whose issuer is named by an unknown hash', async () => {
    const [id] = readOcspRequest(encode({ certIds: [certId(7n, '1.2.3')] })).certIds;
    expect(id && isIssuedBy(id, (await makeCircle()).certificate)).toBe(false);
  });
});

describeWith('openssl', 'an answer of ours, read by openssl ocsp', () => {
  const run = promisify(execFile);
  let folder: string;
  let circle: TestCircle;
  let member: TestMember;
  let responder: OcspResponderCredential;
  const now = new Date();
  const at = (name: string): string => join(folder, name);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'qtchat-ocsp-'));
    circle = await makeCircle();
    member = await makeMember(circle, { member: 'bob' });
    responder = await makeResponder(['1.3.6.1.5.5.7.3.9']);
    await writeFile(at('root.pem'), circle.rootPem);
    await writeFile(at('bob.pem'), member.certificatePem);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function makeResponder(ekus: string[], issuer: TestCircle = circle): Promise<OcspResponderCredential> {
    const { key, certificate } = await makeCertificate(issuer, { commonName: 'responder', ekus });
    return { key, chain: [certificate] };
  }

  /** What openssl says of an answer that says `status` about bob. */
  async function judge(
    status: OcspStatus,
    change: { by?: OcspResponderCredential; hash?: string; nextUpdate?: Date; nonce?: 'repeated' | 'left out' } = {},
  ): Promise<string> {
    const { by = responder, hash = 'sha1', nextUpdate = new Date(now.getTime() + 3_600_000), nonce } = change;
    const about = ['-issuer', at('root.pem'), `-${hash}`, '-cert', at('bob.pem')];
    if (nonce === undefined) about.push('-no_nonce');
    await run('openssl', ['ocsp', ...about, '-reqout', at('question.der')]);
    const request = readOcspRequest(await readFile(at('question.der')));
    const [certId] = request.certIds;
    if (certId === undefined) throw new Error('nothing was asked');
    expect(certId.serialNumber).toBe(member.certificate.serialNumber);
    expect(isIssuedBy(certId, circle.certificate)).toBe(true);
    expect(isIssuedBy(certId, member.certificate)).toBe(false);
    const answer = { producedAt: now, nextUpdate, certificates: [{ ...status, certId }] };
    const repeated = nonce === 'repeated' ? { nonce: request.nonce } : {};
    await writeFile(at('answer.der'), encodeOcspAnswer({ ...answer, ...repeated }, by));
    // Where it reads a question from a file, openssl would add what else it is told to ask about.
    const question = nonce === undefined ? about : ['-reqin', at('question.der'), '-resp_text'];
    const files = ['-respin', at('answer.der'), '-CAfile', at('root.pem')];
    const { stdout, stderr } = await run('openssl', ['ocsp', ...question, ...files]);
    return stderr + stdout;
  }

  it.each(['sha1', 'sha256', 'sha384'])('says good, revoked or unknown, with issuers named by %s', async (hash) => {
    const revokedAt = new Date('2026-02-03T04:05:06Z');
    expect(await judge({ status: 'good' }, { hash })).toMatch(/Response verify OK[\s\S]*: good/);
    const revoked = await judge({ status: 'revoked', revokedAt, reason: 'keyCompromise' }, { hash });
    expect(revoked).toMatch(
      /Response verify OK[\s\S]*: revoked[\s\S]*Reason: keyCompromise[\s\S]*Feb {2}3 04:05:06 2026/,
    );
    expect(await judge({ status: 'unknown' }, { hash })).toMatch(/Response verify OK[\s\S]*: unknown/);
  });

  it('says nothing of the reason where there is none', async () => {
    const revoked = await judge({ status: 'revoked', revokedAt: now, reason: 'unspecified' });
    expect(revoked).toMatch(/: revoked/);
    expect(revoked).not.toMatch(/Reason/);
  });

  it('repeats the nonce, which openssl misses otherwise', async () => {
    const repeated = await judge({ status: 'good' }, { nonce: 'repeated' });
    expect(repeated).toMatch(/Response verify OK[\s\S]*OCSP Nonce:/);
    expect(await judge({ status: 'good' }, { nonce: 'left out' })).toMatch(/no nonce in response/);
  });

  it('is not believed without the right usage, from another circle, or after its time', async () => {
    const client = await makeResponder(['1.3.6.1.5.5.7.3.2']);
    await expect(judge({ status: 'good' }, { by: client })).rejects.toThrow(/[Rr]esponse [Vv]erify [Ff]ail/);
    const stranger = await makeResponder(['1.3.6.1.5.5.7.3.9'], await makeCircle());
    await expect(judge({ status: 'good' }, { by: stranger })).rejects.toThrow(/[Rr]esponse [Vv]erify [Ff]ail/);
    const late = await judge({ status: 'good' }, { nextUpdate: new Date(now.getTime() - 3_600_000) });
    expect(late).toMatch(/Status times invalid/);
  });

  it('may say that there is no answer', async () => {
    await writeFile(at('failure.der'), encodeOcspFailure('tryLater'));
    const failure = run('openssl', ['ocsp', '-respin', at('failure.der'), '-noverify']);
    await expect(failure).rejects.toMatchObject({ stdout: expect.stringMatching(/trylater \(3\)/) });
  });
});
