/**
 * URIs in subjectAltName (`uniformResourceIdentifier`, RFC 5280 §4.2.1.6), as somebody asks for them.
 * Those that say who a member or a CA is are never asked for: they come from the ledger alone.
 */
import { isQTChatError, QTChatError, quote } from '../errors.js';
import { parseDnsName, parseIpAddress, type SubjectAltName } from './subject-alt-name.js';

const maximumLength = 1024;

/** The characters of RFC 3986 §2, whole percent-encodings among them. */
const characters = /^(?:[A-Za-z0-9._~:/?#[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*$/;

/** Scheme, authority with its two slashes, and the rest (RFC 3986 §3, appendix B). */
const parts = /^([A-Za-z][A-Za-z0-9+.-]*):(\/\/[^/?#]*)?([^#[\]]*(?:#[^#[\]]*)?)$/;

/** User, host, port (RFC 3986 §3.2). */
const authorityParts = /^\/\/(?:([^@:]*)@)?(\[[^\]]*\]|[^:@[\]]*)(:\d*)?$/;

/** Tells whether a URI, well-formed or not, has a scheme by which certificates name members or the Auto CA; schemes know no case. */
export function isReservedUri(uri: string): boolean {
  return /^qtchat(-ca)?:/i.test(uri);
}

/**
 * Turns one `--uri` value into a `uniformResourceIdentifier`: absolute, in ASCII, its scheme and host in
 * lower case (RFC 5280 §7.4), the host, where there is one, a DNS name or an IP address.
 *
 * @param text - one URI as typed; surrounding spaces are an error
 * @throws {QTChatError} `ERR_PKI_SAN_INVALID`; the message quotes `text`
 */
export function parseUri(text: string): SubjectAltName {
  if (isReservedUri(text)) throw invalid(text, 'certificates name members that way, and only the ledger gives it');
  if (text.length > maximumLength) throw invalid(text, `it is longer than ${maximumLength} characters`);
  if (!characters.test(text)) throw invalid(text, 'characters outside ASCII, spaces and signs must be percent-encoded');
  const [, scheme, authority, rest] = parts.exec(text) ?? [];
  if (scheme === undefined || rest === undefined)
    throw invalid(text, 'expected scheme:rest, with brackets around IPv6 addresses only');
  if (authority === undefined && rest === '') throw invalid(text, 'nothing follows its scheme');
  const canonical = authority === undefined ? '' : canonicalAuthority(text, authority);
  return { type: 'uri', value: `${scheme.toLowerCase()}:${canonical}${rest}` };
}

function canonicalAuthority(text: string, authority: string): string {
  const [, user, host, port = ''] = authorityParts.exec(authority) ?? [];
  if (host === undefined) throw invalid(text, 'behind // a host was expected, with a port at most');
  if (host === '') throw invalid(text, 'it has no host behind //');
  return `//${user === undefined ? '' : `${user}@`}${canonicalHost(text, host)}${port}`;
}

function canonicalHost(text: string, host: string): string {
  try {
    if (host.startsWith('[')) return `[${parseIpAddress(ipv6Of(host)).value}]`;
    if (/^[\d.]+$/.test(host)) return parseIpAddress(host).value;
    if (!host.startsWith('*')) return parseDnsName(host).value;
  } catch (error) {
    if (!isQTChatError(error, 'ERR_PKI_SAN_INVALID')) throw error;
  }
  throw invalid(text, `its host ${quote(host)} is neither a DNS name nor an IP address`);
}

function ipv6Of(bracketed: string): string {
  const address = bracketed.slice(1, -1);
  return address.includes(':') ? address : '';
}

function invalid(text: string, reason: string): QTChatError {
  return new QTChatError('ERR_PKI_SAN_INVALID', `${quote(text)} is no URI for a certificate: ${reason}`, {
    hint: 'Write it as in https://host.example.org/path',
  });
}
