/**
 * The short code: eight digits that can be read out. The first two say which code it is and are public;
 * six are secret. Three attempts and ten minutes keep a million possibilities safe, because CPace lets
 * nobody try more than one of them in an attempt, and nobody try any without asking the server.
 */
import { hkdfSync } from 'node:crypto';
import { QTChatError } from '../errors.js';
import { type CPaceShare, startCPace } from './cpace.js';
import { protocolVersion } from './hello.js';

/** A short code. */
export interface ShortCode {
  /** 0 to 99, the first two digits. */
  readonly slot: number;
  /** The six secret digits. */
  readonly secret: string;
}

/** Writes the eight digits. */
export function formatCode({ slot, secret }: ShortCode): string {
  return `${String(slot).padStart(2, '0')}${secret}`;
}

/**
 * Reads a code as typed; spaces and hyphens between the digits are ignored.
 *
 * @throws {QTChatError} `ERR_ENROLL_INVITE_INVALID`, without quoting what may be nearly right
 */
export function parseCode(text: string): ShortCode {
  const digits = text.replace(/[\s-]+/g, '');
  if (/^[0-9]{8}$/.test(digits)) return { slot: Number(digits.slice(0, 2)), secret: digits.slice(2) };
  throw new QTChatError('ERR_ENROLL_INVITE_INVALID', 'this is no code: eight digits were expected', {
    hint: 'Type the code that qtchat autoca invite NAME --code has shown to the host',
  });
}

/** Draws six digits, all equally likely. */
export function drawSecret(random: (size: number) => Buffer): string {
  for (;;) {
    const number = random(4).readUInt32BE();
    // What is left above the last whole million would make some codes likelier.
    if (number < 4_294_000_000) return String(number % 1_000_000).padStart(6, '0');
  }
}

/** Begins one run of CPace for one attempt at a code. */
export function startAttempt(
  role: 'initiator' | 'responder',
  code: { readonly slot: number; readonly secret: Uint8Array; readonly sid: Uint8Array },
  random: (size: number) => Buffer,
): CPaceShare {
  const channel = Buffer.from([protocolVersion, code.slot]);
  return startCPace(role, { password: code.secret, channel, sid: code.sid }, random(32));
}

/** The Noise psk that follows from a run: 32 octets. */
export function codeKey(runKey: Buffer, sid: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', runKey, sid, 'qtchat code psk', 32));
}
