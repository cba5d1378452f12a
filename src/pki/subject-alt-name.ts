/**
 * Names in subjectAltName (RFC 5280 §4.2.1.6): reading addresses and DNS names as typed, writing and
 * reading all kinds in certificates. Resolves nothing. Kinds we never issue (directory names, other
 * names) are passed over. E-mail addresses and URIs as typed are in files of their own.
 */
import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { domainToASCII, domainToUnicode } from 'node:url';
import { QTChatError, quote } from '../errors.js';
import { type Extended, parsing, readCertificateFields } from './certificate-fields.js';
import { derContextPrimitive, derSequence } from './der.js';
import { DerError, DerReader } from './der-reader.js';
import { ipOctets, ipText } from './ip-address.js';
import { oids } from './oids.js';

/** One name: a DNS name in lower-case A-labels, an IP address in canonical text (RFC 5952), an e-mail address, or a URI. */
export type SubjectAltName = { type: 'dns' | 'ip' | 'email' | 'uri'; value: string };

/** The context tags of GeneralName's choices. */
const generalNameTags = { email: 0x81, dns: 0x82, uri: 0x86, ip: 0x87 } as const;

/**
 * Turns one `--ip` value into an `iPAddress`: 4 octets for IPv4, 16 for IPv6 (an IPv4-mapped one too).
 *
 * @param text - one address as typed; surrounding spaces are an error
 * @throws {QTChatError} `ERR_PKI_SAN_INVALID`; the message quotes `text`
 */
export function parseIpAddress(text: string): SubjectAltName {
  const octets = ipOctets(text);
  const value = octets === undefined ? undefined : ipText(octets);
  if (value !== undefined) return { type: 'ip', value };
  throw new QTChatError('ERR_PKI_SAN_INVALID', `${quote(text)} is no IP address: expected 192.168.1.100 or fd00::1`, {
    hint: ipHint(text),
  });
}

function ipHint(text: string): string {
  if (text.includes('/')) return 'Certificates name single addresses: leave out the part from / on';
  if (text.includes('%')) return 'Leave out the zone from % on: it means something on one machine only';
  return 'A host name belongs to --dns';
}

/**
 * Turns one `--dns` value into a `dNSName`: a host name in A-labels, lower case, with a wildcard at
 * most as the whole left-most label (RFC 9525 §6.3) above at least two others. Names in other scripts
 * become A-labels (IDNA 2008, RFC 5890) if nothing but case and composition changes on the way.
 *
 * @param text - one name as typed; surrounding spaces are an error
 * @throws {QTChatError} `ERR_PKI_SAN_INVALID`; the message quotes `text`
 */
export function parseDnsName(text: string): SubjectAltName {
  const wildcard = text.startsWith('*.') ? '*.' : '';
  const host = toAscii(text.slice(wildcard.length));
  const fault = dnsFault(host, wildcard !== '');
  if (fault === undefined) return { type: 'dns', value: wildcard + host };
  throw new QTChatError('ERR_PKI_SAN_INVALID', `${quote(text)} is no DNS name: ${fault.reason}`, { hint: fault.hint });
}

/** A host name in lower case and A-labels; as it is when it stands for no name in A-labels. */
function toAscii(text: string): string {
  const host = text.toLowerCase().normalize('NFC');
  if (!/\P{ASCII}/u.test(host)) return host;
  const ascii = domainToASCII(host);
  // The mapping would also turn full-width digits into an address, drop invisible characters, and cut off a path.
  return domainToUnicode(ascii) === host ? ascii : host;
}

function dnsFault(host: string, wildcard: boolean): { reason: string; hint: string } | undefined {
  const hint = 'Write it as in host.example.org';
  if (isIP(host) !== 0) return { reason: 'it is an IP address', hint: `Give it as --ip ${host}` };
  if (/\P{ASCII}/u.test(host)) return { reason: 'it has no form in A-labels', hint: 'Write it in its xn-- form' };
  if (host.length > 253) return { reason: 'it is longer than 253 characters', hint };
  const labels = host.split('.');
  const wrong = labels.find((label) => !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label));
  if (wrong === '') return { reason: 'a label is empty', hint };
  if (wrong !== undefined)
    return { reason: `the label ${quote(wrong)} is not letters, digits and hyphens, 63 at most`, hint };
  if (/^(\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '')) return { reason: 'its last label is a number', hint };
  if (host.includes('xn--') && !decodes(host)) return { reason: 'one of its labels is none of IDNA 2008', hint };
  if (wildcard && labels.length < 2)
    return { reason: 'no client accepts a wildcard that wide', hint: 'Write *.host.example' };
  return undefined;
}

/** Letters, digits, marks, and the exceptions of RFC 5892 §2.6; UTS #46 would let emoji and other symbols pass. */
const idna2008 =
  /^[\p{ASCII}\p{Ll}\p{Lo}\p{Lm}\p{Mn}\p{Mc}\p{Nd}\u00b7\u0375\u05f3\u05f4\u06fd\u06fe\u0f0b\u3007\u30fb\u200c-\u200d]*$/u;

/** Tells whether every A-label stands for other letters. Node 20 answers a false one with nothing, later ones with itself. */
function decodes(host: string): boolean {
  const unicode = domainToUnicode(host);
  return !/(^|\.)xn--/.test(unicode) && idna2008.test(unicode) && domainToASCII(unicode) === host;
}

/** GeneralNames with the given names in their order. */
export function encodeSubjectAltNames(names: readonly SubjectAltName[]): Buffer {
  return derSequence(...names.map(encodeName));
}

function encodeName(name: SubjectAltName): Buffer {
  const octets = name.type === 'ip' ? ipOctets(name.value) : Buffer.from(name.value, 'latin1');
  if (octets === undefined) throw new QTChatError('ERR_PKI_SAN_INVALID', `${quote(name.value)} is no IP address`);
  return derContextPrimitive(generalNameTags[name.type] & 0x1f, octets);
}

/**
 * The DNS names, IP addresses, e-mail addresses and URIs of a certificate, in their order; empty without the extension.
 *
 * @throws {QTChatError} `ERR_PKI_CERTIFICATE_INVALID` for malformed ones, non-printable characters among them
 */
export function subjectAltNamesOf(certificate: X509Certificate): SubjectAltName[] {
  return subjectAltNamesIn(readCertificateFields(certificate));
}

/** The same from extensions already read, of a certificate or a request. */
export function subjectAltNamesIn(fields: Extended): SubjectAltName[] {
  const extension = fields.extensions.get(oids.subjectAltName);
  return extension === undefined ? [] : parsing('subjectAltName', () => decodeSubjectAltNames(extension.value));
}

/**
 * Reads the extension's value.
 *
 * @throws {DerError} for malformed names
 */
export function decodeSubjectAltNames(value: Buffer): SubjectAltName[] {
  const outer = new DerReader(value);
  const reader = outer.enter();
  outer.end();
  const names: SubjectAltName[] = [];
  while (!reader.done) {
    const { tag, content } = reader.readAny();
    if (tag === generalNameTags.ip) names.push({ type: 'ip', value: decodeIp(content) });
    if (tag === generalNameTags.dns) names.push({ type: 'dns', value: decodeText(content) });
    if (tag === generalNameTags.email) names.push({ type: 'email', value: decodeText(content) });
    if (tag === generalNameTags.uri) names.push({ type: 'uri', value: decodeText(content) });
  }
  return names;
}

function decodeIp(octets: Buffer): string {
  const text = ipText(octets);
  if (text === undefined) throw new DerError(`an iPAddress has ${octets.length} octets`);
  return text;
}

function decodeText(octets: Buffer): string {
  for (const octet of octets) {
    if (octet <= 0x20 || octet >= 0x7f) throw new DerError('a name has unprintable characters');
  }
  return octets.toString('latin1');
}
