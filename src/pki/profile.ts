/**
 * Profiles say what an end-entity certificate of one purpose looks like. They are data in
 * `templates/`; the closed lists here keep any of them from describing a CA.
 */
import { QTChatError, quote } from '../errors.js';
import { type KeyType, keyTypes } from './key-type.js';
import type { ExtendedKeyUsage, KeyUsage } from './oids.js';

/** What end-entity certificates of one purpose look like. */
export interface Profile {
  /** What such a certificate is for, in a sentence for people. */
  readonly purpose: string;
  readonly keyTypes: readonly KeyType[];
  readonly defaultValidityDays: number;
  /** Longer requests are cut to this. */
  readonly maximumValidityDays: number;
  readonly keyUsages: readonly KeyUsage[];
  readonly extendedKeyUsages: readonly ExtendedKeyUsage[];
}

/** The longest an end-entity certificate may be valid: what Apple's systems accept from private CAs. */
export const validityDaysCap = 825;

/** The usages that a profile may choose from; signing certificates is not among them. */
export const profileKeyUsages = ['digitalSignature', 'keyEncipherment'] as const satisfies readonly KeyUsage[];
export const profileExtendedKeyUsages = ['serverAuth', 'clientAuth'] as const satisfies readonly ExtendedKeyUsage[];

const fields = [
  'purpose',
  'keyTypes',
  'defaultValidityDays',
  'maximumValidityDays',
  'keyUsages',
  'extendedKeyUsages',
] as const satisfies readonly (keyof Profile)[];

/**
 * Checks a template read from JSON.
 *
 * @throws {QTChatError} `ERR_PKI_TEMPLATE_INVALID`; the message names the field
 */
export function parseProfile(value: unknown): Profile {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('expected an object');
  const unknown = Object.keys(value).find((key) => !fields.some((field) => field === key));
  if (unknown !== undefined) throw invalid(`it has no field ${quote(unknown)}`);
  const template = value as Record<keyof Profile, unknown>;
  const maximumValidityDays = days(template.maximumValidityDays, 'maximumValidityDays', validityDaysCap);
  return {
    purpose: text(template.purpose),
    keyTypes: choices(template.keyTypes, 'keyTypes', keyTypes),
    defaultValidityDays: days(template.defaultValidityDays, 'defaultValidityDays', maximumValidityDays),
    maximumValidityDays,
    keyUsages: choices(template.keyUsages, 'keyUsages', profileKeyUsages),
    extendedKeyUsages: choices(template.extendedKeyUsages, 'extendedKeyUsages', profileExtendedKeyUsages),
  };
}

function text(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw invalid('purpose must be a sentence');
}

function days(value: unknown, field: string, maximum: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= maximum) return value;
  throw invalid(`${field} must be a whole number from 1 to ${maximum}`);
}

function choices<Choice extends string>(value: unknown, field: string, known: readonly Choice[]): Choice[] {
  const list: unknown[] = Array.isArray(value) ? value : [];
  const chosen = known.filter((choice) => list.includes(choice));
  if (chosen.length > 0 && chosen.length === list.length) return chosen;
  throw invalid(`${field} must be a list from ${known.join(', ')}, without repeats`);
}

function invalid(reason: string): QTChatError {
  return new QTChatError('ERR_PKI_TEMPLATE_INVALID', `the certificate profile is not usable: ${reason}`, {
    hint: 'Compare it with templates/peer.json of the installation',
  });
}
