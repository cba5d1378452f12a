/**
 * CPace over ristretto255 with SHA-512, as draft-irtf-cfrg-cpace has it (initiator and responder): two
 * parties that know the same short password get the same strong key. Who does not know it can try
 * one guess in each run, and learns nothing from watching. Section numbers are the draft's.
 *
 * The key proves nothing by itself: the Noise handshake that follows confirms it.
 */
import { createHash } from 'node:crypto';
import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js';
import { QTChatError } from '../errors.js';

/** What both sides must have alike. */
export interface CPaceSession {
  /** The password (PRS). */
  readonly password: Uint8Array;
  /** Names the channel (CI). */
  readonly channel: Uint8Array;
  /** Fresh for each run, 16 octets; not secret. */
  readonly sid: Uint8Array;
}

/** One side's secret of one run, and what it sends. */
export interface CPaceShare {
  /** 32 octets for the other side (Y). */
  readonly share: Buffer;
  /**
   * The key of the run (ISK), 64 octets.
   *
   * @param other - the other side's share
   * @throws {QTChatError} `ERR_NOISE_AUTHENTICATION` when it is no point of the group, or its neutral element
   */
  readonly key: (other: Uint8Array) => Buffer;
}

type Role = 'initiator' | 'responder';

const name = Buffer.from('CPaceRistretto255', 'latin1');
const keyName = Buffer.from('CPaceRistretto255_ISK', 'latin1');
/** What SHA-512 takes in at once: the password fills the first block alone (section 7.1). */
const hashBlockSizeBytes = 128;
const associatedData: Readonly<Record<Role, Buffer>> = {
  initiator: Buffer.from('guest', 'latin1'),
  responder: Buffer.from('autoca', 'latin1'),
};

/**
 * Begins a run.
 *
 * @param scalarOctets - 32 fresh random octets
 * @param parties - what else either side says of itself (ADa, ADb); our names where left out
 */
export function startCPace(
  role: Role,
  session: CPaceSession,
  scalarOctets: Uint8Array,
  parties: Readonly<Record<Role, Uint8Array>> = associatedData,
): CPaceShare {
  const generator = ristretto255_hasher.deriveToCurve?.(sha512(generatorString(session)));
  const scalar = scalarFrom(scalarOctets);
  if (generator === undefined || scalar === 0n) throw new QTChatError('ERR_NOISE_STATE', 'CPace got no random number');
  const share = Buffer.from(generator.multiply(scalar).toBytes());
  const key = (other: Uint8Array): Buffer => {
    const secret = multiplyOther(scalar, other);
    const [first, second] = role === 'initiator' ? [share, other] : [other, share];
    const transcript = joined(first, parties.initiator, second, parties.responder);
    return sha512(Buffer.concat([joined(keyName, session.sid, secret), transcript]));
  };
  return { share, key };
}

/** What the generator of a session is hashed from (section 7.1). */
export function generatorString({ password, channel, sid }: CPaceSession): Buffer {
  const paddingSize = hashBlockSizeBytes - 1 - withLength(password).length - withLength(name).length;
  return joined(name, password, Buffer.alloc(Math.max(0, paddingSize)), channel, sid);
}

// scalar_mult_vfy (section 7.2): what is no point counts as the neutral element, which ends the run.
function multiplyOther(scalar: bigint, other: Uint8Array): Buffer {
  try {
    const product = ristretto255.Point.fromBytes(other).multiply(scalar);
    if (!product.is0()) return Buffer.from(product.toBytes());
  } catch (cause) {
    throw refused(cause);
  }
  throw refused();
}

// sample_scalar: 252 bits, little-endian.
function scalarFrom(octets: Uint8Array): bigint {
  const number = BigInt(`0x${Buffer.from(octets).reverse().toString('hex')}`);
  return number & (2n ** 252n - 1n);
}

// lv_cat: every part after its length.
function joined(...parts: Uint8Array[]): Buffer {
  return Buffer.concat(parts.map(withLength));
}

// prepend_len: LEB128.
function withLength(part: Uint8Array): Buffer {
  const length: number[] = [];
  let rest = part.length;
  for (; rest > 127; rest >>>= 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([...length, rest]), part]);
}

function sha512(octets: Uint8Array): Buffer {
  return createHash('sha512').update(octets).digest();
}

function refused(cause?: unknown): QTChatError {
  return new QTChatError('ERR_NOISE_AUTHENTICATION', 'the other side sent no share of a CPace run', { cause });
}
