/**
 * A san.cnf, OpenSSL's way of giving names to a certificate: what its `subjectAltName` asks for, and
 * the common name of its subject. All else in such a file (countries, usages, CA flags) is not ours
 * to take from it: profiles decide.
 */
import { QTChatError, quote } from '../errors.js';
import { canonicalName, withoutRepeats } from './canonical-name.js';
import { type OpensslConfig, parseOpensslConfig } from './openssl-config.js';
import type { SubjectAltName } from './subject-alt-name.js';

/** What a certificate takes from a san.cnf. */
export interface SanCnf {
  /** In canonical form, in the file's order, each once. */
  readonly names: SubjectAltName[];
  /** The last common name of the subject, unless OpenSSL would ask for it. */
  readonly commonName?: string;
  /** What was left out though OpenSSL would not, as sentences without a full stop. */
  readonly warnings: readonly string[];
}

/** The kinds of OpenSSL's subjectAltName that we issue (x509v3_config(5)), written exactly so. */
const kinds: ReadonlyMap<string, SubjectAltName['type']> = new Map([
  ['DNS', 'dns'],
  ['IP', 'ip'],
  ['email', 'email'],
  ['URI', 'uri'],
]);

/**
 * Reads a san.cnf.
 *
 * With several `subjectAltName` the one counts whose section `[ req ]` names as `req_extensions` or `x509_extensions`.
 *
 * @throws {QTChatError} `ERR_PKI_SAN_INVALID` for names that no certificate may have, for none, and for what is
 *   not followed: variables, directives, quotes, other kinds of names, `email:copy`
 */
export function parseSanCnf(text: string): SanCnf {
  const config = parseOpensslConfig(text);
  const { value, others } = findSubjectAltName(config);
  const names = value.startsWith('@') ? namesOfSection(config, value.slice(1).trim()) : namesInLine(value);
  if (names.length === 0) throw invalid('its subjectAltName has no names');
  const commonName = commonNameOf(config);
  return {
    names: withoutRepeats(names),
    ...(commonName !== undefined && { commonName }),
    warnings: [...config.warnings, ...others.map((name) => `${quote(name)} was left out: the profile decides it`)],
  };
}

/** The plain value of `subjectAltName`, and what else its section asks for. */
function findSubjectAltName({ sections }: OpensslConfig): { value: string; others: string[] } {
  const found = [...sections].filter(([, entries]) => entries.has('subjectAltName'));
  const request = sections.get('req');
  const named = [request?.get('req_extensions'), request?.get('x509_extensions')];
  const [chosen, ...more] = found.length > 1 ? found.filter(([section]) => named.includes(section)) : found;
  if (found.length === 0) throw invalid('it has no subjectAltName', 'Add subjectAltName = DNS:host.example.org');
  if (chosen === undefined || more.length > 0) {
    const places = found.map(([section]) => quote(section)).join(', ');
    throw invalid(`subjectAltName stands in the sections ${places}`, 'Leave the one that counts');
  }
  const [section, entries] = chosen;
  const others = section === 'default' ? [] : [...entries.keys()].filter((name) => name !== 'subjectAltName');
  return { value: plain('subjectAltName', entries.get('subjectAltName') ?? ''), others };
}

function namesOfSection({ sections }: OpensslConfig, section: string): SubjectAltName[] {
  const entries = sections.get(section);
  if (entries === undefined) throw invalid(`there is no section ${quote(section)}, which subjectAltName names`);
  return [...entries].map(([name, value]) => readName(name, name.replace(/\..*$/, ''), value));
}

function namesInLine(value: string): SubjectAltName[] {
  const items = value.split(',').map((item) => item.trim());
  // Whether the extension is critical does not change the names; ours never is, for the subject is never empty.
  const names = items[0] === 'critical' ? items.slice(1) : items;
  return names.map((item) => {
    const colon = item.indexOf(':');
    if (colon < 0) throw invalid(`${quote(item)} in subjectAltName has no kind`, 'Write it as in DNS:host.example.org');
    return readName(item, item.slice(0, colon).trim(), item.slice(colon + 1).trim());
  });
}

/** @param where - how the entry is called in messages */
function readName(where: string, kind: string, value: string): SubjectAltName {
  const type = kinds.get(kind);
  if (type === undefined) {
    throw invalid(
      `${quote(where)} is none of the names that certificates here carry`,
      'Use DNS, IP, email and URI, written so',
    );
  }
  if (type === 'email' && (value === 'copy' || value === 'move')) {
    throw invalid(`${quote(`${where} = ${value}`)} takes names from elsewhere`, 'Write the address itself');
  }
  return canonicalName({ type, value: plain(where, value) });
}

function commonNameOf({ sections }: OpensslConfig): string | undefined {
  const request = sections.get('req');
  const subject = [...(sections.get(request?.get('distinguished_name') ?? '') ?? [])];
  // Where OpenSSL would ask, the value is the question, and the answer to Enter has a name of its own.
  const ending = request?.get('prompt') === 'no' ? '' : '_default';
  const wanted = [`CN${ending}`, `commonName${ending}`];
  // `0.CN` and `1.CN` tell several apart (req(1)); the last is the most specific.
  const [name, value] = subject.findLast(([key]) => wanted.includes(key.replace(/^[^.:,]*[.:,](?=.)/, ''))) ?? [];
  return name === undefined || !value ? undefined : plain(name, value);
}

/** A value that means what it says: OpenSSL would replace variables and take quotes and backslashes away. */
function plain(where: string, value: string): string {
  if (!/[$"'`\\]/.test(value)) return value;
  throw invalid(
    `${quote(where)} is ${quote(value)}: variables, quotes and backslashes are not followed`,
    'Write the value itself',
  );
}

function invalid(reason: string, hint?: string): QTChatError {
  const details = hint === undefined ? {} : { hint };
  return new QTChatError('ERR_PKI_SAN_INVALID', `the configuration cannot be used: ${reason}`, details);
}
