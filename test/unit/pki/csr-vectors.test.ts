/**
 * Requests whose key or signature is encoded as it should not be: the public keys of Wycheproof, and the kinds of
 * ECDSA signature that its ecdsa_secp256r1_sha256_test.json lists, each made from the signature of a good request.
 */
import { createPublicKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../../src/package-root.js';
import { readCsr } from '../../../src/pki/csr.js';
import { derBitString, derContext, derInteger, derOid, derSequence, encodeDer } from '../../../src/pki/der.js';
import { DerReader } from '../../../src/pki/der-reader.js';
import { describeCsr } from '../../../src/pki/describe-csr.js';
import { oids } from '../../../src/pki/oids.js';
import { encodeName } from '../../../src/pki/plan.js';
import { makeKey } from '../../helpers/certificates.js';

interface PublicKeyVectors {
  tests: { tcId: number; comment: string; result: 'valid' | 'invalid'; public: string[] }[];
}

const file = join(packageRoot(), 'test/vectors/ec-public-keys-wycheproof.json');
const { tests: publicKeys } = JSON.parse(readFileSync(file, 'utf8')) as PublicKeyVectors;

const key = makeKey();

function requestOf(spki: Buffer, makeSignature: (info: Buffer) => Buffer): Buffer {
  const info = derSequence(derInteger(0), encodeName('bob'), spki, derContext(0));
  return derSequence(info, derSequence(derOid(oids.ecdsaWithSha256)), derBitString(makeSignature(info)));
}

/** Why a request is refused; undefined when it is not. */
async function refusalOfRequest(request: Buffer): Promise<string | undefined> {
  const refused = await readCsr(request).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (refused === undefined) return undefined;
  expect(refused).toMatchObject({ code: 'ERR_PKI_CSR_REFUSED' });
  return (refused as Error).message;
}

const notByItsKey = /its signature is not by the key it presents/;

describe('the public keys of Wycheproof in requests', () => {
  const presented = ({ public: lines }: (typeof publicKeys)[number]): Promise<string | undefined> =>
    refusalOfRequest(requestOf(Buffer.from(lines.join(''), 'hex'), (info) => sign('sha256', info, key)));

  it.each(publicKeys.filter(({ result }) => result === 'valid'))(
    'case $tcId, $comment: only the missing private key is found wanting',
    async (test) => {
      expect(await presented(test)).toMatch(notByItsKey);
    },
  );

  it.each(publicKeys.filter(({ result }) => result === 'invalid'))(
    'case $tcId, $comment: the key itself is refused',
    async (test) => {
      expect(await presented(test)).toMatch(/key is (malformed|too weak)|in DER|curve|malformed/);
    },
  );
});

describe('the point at infinity as the key of a request', () => {
  it.each(['p256', 'p384'] as const)('on %s is refused, and described as unknown', async (curve) => {
    const algorithm = derSequence(derOid(oids.ecPublicKey), derOid(oids[curve]));
    const request = requestOf(derSequence(algorithm, derBitString(Buffer.alloc(1))), (info) =>
      sign('sha256', info, key),
    );
    expect(await refusalOfRequest(request)).toMatch(/key/);
    expect(describeCsr(request)).toMatchObject({ keyType: 'unknown', proofOfPossession: false });
  });
});

describe('ECDSA signatures of requests', () => {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });

  interface Signature {
    whole: Buffer;
    r: bigint;
    s: bigint;
  }

  function signatureOf(info: Buffer): Signature {
    const whole = sign('sha256', info, key);
    const reader = new DerReader(whole).enter();
    return { whole, r: reader.integer(), s: reader.integer() };
  }

  const pair = (r: bigint, s: bigint): Buffer => derSequence(integer(r), integer(s));
  /** Also for numbers below zero, in two's complement: of as many octets as it takes to show the sign. */
  const integer = (value: bigint): Buffer => {
    if (value >= 0n) return derInteger(value);
    const bits = BigInt(8 * Math.ceil(((-value - 1n).toString(2).length + 1) / 8));
    return encodeDer(0x02, Buffer.from(BigInt.asUintN(Number(bits), value).toString(16), 'hex'));
  };
  /** A run of octets with a length that says something else. */
  const withLength = (tag: number, length: number[], content: Buffer): Buffer =>
    Buffer.concat([Buffer.from([tag, ...length]), content]);

  const bent: Record<string, (signature: Signature) => Buffer> = {
    'nothing at all': () => Buffer.alloc(0),
    'an empty sequence': () => derSequence(),
    'r alone': ({ r }) => derSequence(derInteger(r)),
    'one integer too many': ({ r, s }) => derSequence(derInteger(r), derInteger(s), derInteger(0)),
    'octets after it': ({ whole }) => Buffer.concat([whole, Buffer.alloc(1)]),
    'its last octet missing': ({ whole }) => whole.subarray(0, -1),
    'a long form where the short one fits': ({ whole }) =>
      withLength(0x30, [0x81, whole.length - 2], whole.subarray(2)),
    'a length with a leading zero': ({ whole }) => withLength(0x30, [0x82, 0, whole.length - 2], whole.subarray(2)),
    'an indefinite length': ({ whole }) =>
      withLength(0x30, [0x80], Buffer.concat([whole.subarray(2), Buffer.alloc(2)])),
    'a length of 2^31 - 1': ({ whole }) => withLength(0x30, [0x84, 0x7f, 0xff, 0xff, 0xff], whole.subarray(2)),
    'a set for a sequence': ({ whole }) => encodeDer(0x31, whole.subarray(2)),
    'r as an octet string': ({ r, s }) => derSequence(encodeDer(0x04, derInteger(r).subarray(2)), derInteger(s)),
    'r with a zero too many': ({ r, s }) =>
      derSequence(encodeDer(0x02, Buffer.concat([Buffer.alloc(2), derInteger(r).subarray(2)])), derInteger(s)),
    'r and s as raw octets': ({ r, s }) =>
      Buffer.from([r, s].map((part) => part.toString(16).padStart(64, '0')).join(''), 'hex'),
    'r and s exchanged': ({ r, s }) => pair(s, r),
    'r of zero': ({ s }) => pair(0n, s),
    's of zero': ({ r }) => pair(r, 0n),
    'both zero': () => pair(0n, 0n),
    'both one': () => pair(1n, 1n),
    'r and the order': ({ r }) => pair(r, order),
    'r beyond the order': ({ r, s }) => pair(r + order, s),
    's beyond the order': ({ r, s }) => pair(r, s + order),
    'r below zero': ({ r, s }) => pair(r - order, s),
    'r far beyond': ({ r, s }) => pair(r + (order << 256n), s),
    'r made negative': ({ r, s }) => pair(-r, s),
  };

  it('verifies one that is as it should be, so that the others are refused for what is bent', async () => {
    expect(await refusalOfRequest(requestOf(spki, (info) => signatureOf(info).whole))).toBeUndefined();
  });

  it.each(Object.keys(bent))('refuses %s', async (name) => {
    const request = requestOf(spki, (info) => bent[name]?.(signatureOf(info)) ?? Buffer.alloc(0));
    expect(await refusalOfRequest(request)).toMatch(notByItsKey);
  });
});
