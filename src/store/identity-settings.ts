/** What a home keeps of an identity beside its key and certificates: `identity.json`. */
import type { KeySuccession } from '../pki/key-succession.js';

/** Who made the private key: this machine, or a server that has therefore seen it. */
export type KeyOrigin = 'local' | 'server';

/** Where an Auto CA serves members. */
export interface AutoCaPlace {
  /** Host names and IP addresses, in order of trial. */
  readonly addresses: readonly string[];
  readonly port: number;
}

/** What is kept. */
export interface IdentitySettings {
  readonly keyOrigin: KeyOrigin;
  /** Whether a key made by a server is to stay; left out where it is to be replaced by one of our own. */
  readonly keepsServerKey?: boolean;
  /** How its key follows from former ones, the latest first. */
  readonly successions?: readonly KeySuccession[];
  /** Where the Auto CA that issued it serves members. */
  readonly autoCa?: AutoCaPlace;
}

/** The content of the file. */
export function formatSettings({ keyOrigin, keepsServerKey, successions, autoCa }: IdentitySettings): string {
  return `${JSON.stringify({ keyOrigin, keepsServerKey, successions: successions?.map(toBase64), autoCa })}\n`;
}

/**
 * Reads the file.
 *
 * @throws {Error} when it is not as {@link formatSettings} writes it
 */
export function readSettings(octets: Buffer): IdentitySettings {
  const { keyOrigin, keepsServerKey, successions, autoCa } = JSON.parse(octets.toString('utf8')) as Record<
    string,
    unknown
  >;
  if (keyOrigin !== 'local' && keyOrigin !== 'server') throw new Error('identity.json has no keyOrigin');
  return {
    keyOrigin,
    ...(keepsServerKey === true && { keepsServerKey }),
    ...(Array.isArray(successions) && { successions: successions.map(fromBase64) }),
    ...(autoCa !== undefined && { autoCa: readPlace(autoCa) }),
  };
}

function toBase64({ formerSpki, signature }: KeySuccession): Record<keyof KeySuccession, string> {
  return { formerSpki: formerSpki.toString('base64'), signature: signature.toString('base64') };
}

function fromBase64(value: unknown): KeySuccession {
  const { formerSpki, signature } = value as Record<keyof KeySuccession, unknown>;
  return { formerSpki: Buffer.from(String(formerSpki), 'base64'), signature: Buffer.from(String(signature), 'base64') };
}

function readPlace(value: unknown): AutoCaPlace {
  const { addresses, port } = value as Partial<Record<keyof AutoCaPlace, unknown>>;
  const isList = Array.isArray(addresses) && addresses.every((address) => typeof address === 'string');
  if (!isList || typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error('identity.json does not say where the Auto CA is');
  }
  return { addresses, port };
}
