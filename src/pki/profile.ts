/**
 * Profiles say what an end-entity certificate of one purpose looks like, and one what an intermediate
 * CA does. They are data in `templates/`; the closed lists here keep those of end entities from
 * describing a CA.
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
  /** keyEncipherment is left out of certificates for keys other than RSA, which cannot be used so. */
  readonly keyUsages: readonly KeyUsage[];
  readonly extendedKeyUsages: readonly ExtendedKeyUsage[];
}

/** The longest an end-entity certificate may be valid: what Apple's systems accept from private CAs. */
export const validityDaysCap = 825;

/** The usages that a profile may choose from; signing certificates is not among them. */
export const profileKeyUsages = ['digitalSignature', 'keyEncipherment'] as const satisfies readonly KeyUsage[];

/** The purposes that a profile may choose from. */
export const profileExtendedKeyUsages = [
  'serverAuth',
  'clientAuth',
  'OCSPSigning',
] as const satisfies readonly ExtendedKeyUsage[];

/** What intermediate CAs look like. */
export interface CaProfile {
  /** What such a CA is for, in a sentence for people. */
  readonly purpose: string;
  readonly validityDays: number;
  /** How many CAs may follow below it. */
  readonly pathLength: number;
}

/** The longest validity of an intermediate CA in days, and the most CAs below it. */
const caValidityDaysCap = 3650;
const pathLengthCap = 3;

const caFields = ['purpose', 'validityDays', 'pathLength'] as const satisfies readonly (keyof CaProfile)[];

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
  const template = objectWith(value, fields);
  const maximumValidityDays = wholeNumber(template.maximumValidityDays, 'maximumValidityDays', 1, validityDaysCap);
  return {
    purpose: text(template.purpose),
    keyTypes: choices(template.keyTypes, 'keyTypes', keyTypes),
    defaultValidityDays: wholeNumber(template.defaultValidityDays, 'defaultValidityDays', 1, maximumValidityDays),
    maximumValidityDays,
    keyUsages: choices(template.keyUsages, 'keyUsages', profileKeyUsages),
    extendedKeyUsages: choices(template.extendedKeyUsages, 'extendedKeyUsages', profileExtendedKeyUsages),
  };
}

/**
 * Checks the template of intermediate CAs read from JSON.
 *
 * @throws {QTChatError} `ERR_PKI_TEMPLATE_INVALID`; the message names the field
 */
export function parseCaProfile(value: unknown): CaProfile {
  const template = objectWith(value, caFields);
  return {
    purpose: text(template.purpose),
    validityDays: wholeNumber(template.validityDays, 'validityDays', 1, caValidityDaysCap),
    pathLength: wholeNumber(template.pathLength, 'pathLength', 0, pathLengthCap),
  };
}

function objectWith<Field extends string>(value: unknown, known: readonly Field[]): Record<Field, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('expected an object');
  const unknown = Object.keys(value).find((key) => !known.some((field) => field === key));
  if (unknown !== undefined) throw invalid(`it has no field ${quote(unknown)}`);
  return value as Record<Field, unknown>;
}

function text(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw invalid('purpose must be a sentence');
}

function wholeNumber(value: unknown, field: string, minimum: number, maximum: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum) return value;
  throw invalid(`${field} must be a whole number from ${minimum} to ${maximum}`);
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
