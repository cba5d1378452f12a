/** Names of unknown origin (a CSR, a plan), judged as if somebody had typed them. */
import { parseEmailAddress } from './email-address.js';
import { parseDnsName, parseIpAddress, type SubjectAltName } from './subject-alt-name.js';
import { parseUri } from './uri.js';

const parsers: Readonly<Record<SubjectAltName['type'], (text: string) => SubjectAltName>> = {
  dns: parseDnsName,
  ip: parseIpAddress,
  email: parseEmailAddress,
  uri: parseUri,
};

/**
 * The one form of `name` in which it stands in certificates.
 *
 * @throws {QTChatError} `ERR_PKI_SAN_INVALID` when nobody may ask for it
 */
export function canonicalName({ type, value }: SubjectAltName): SubjectAltName {
  return parsers[type](value);
}

/** The names without those that appear before, in their order. */
export function withoutRepeats(names: readonly SubjectAltName[]): SubjectAltName[] {
  const unique = new Map(names.map((name) => [`${name.type} ${name.value}`, name]));
  return [...unique.values()];
}
