import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isReservedUri, parseUri } from '../../../src/pki/uri.js';
import { refusalOf } from './refusal.js';

describe('parseUri', () => {
  it.each([
    ['https://example.org/a?b=c#d', 'https://example.org/a?b=c#d'],
    ['HTTPS://Host.Example:8443/Path', 'https://host.example:8443/Path'],
    ['spiffe://ship.example/bridge', 'spiffe://ship.example/bridge'],
    ['urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6', 'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6'],
    ['sip:bob@example.org', 'sip:bob@example.org'],
    ['ssh://bob@host.example', 'ssh://bob@host.example'],
    ['http://192.168.1.7/', 'http://192.168.1.7/'],
    ['http://[FD00::0001]:80/', 'http://[fd00::1]:80/'],
    ['https://example.org/m%C3%BCnchen', 'https://example.org/m%C3%BCnchen'],
    ['qtchats:bob', 'qtchats:bob'],
  ])('reads %s as %s', (text, value) => {
    expect(parseUri(text)).toEqual({ type: 'uri', value });
  });

  it.each([
    ['nothing', ''],
    ['a scheme alone', 'https:'],
    ['a relative reference', '/path'],
    ['a network path', '//example.org/'],
    ['a host name', 'example.org'],
    ['a scheme that begins with a digit', '1http://example.org'],
    ['no host', 'https:///path'],
    ['no host but a port', 'https://:443/'],
    ['a file', 'file:///etc/passwd'],
    ['a password', 'https://bob:secret@example.org/'],
    ['a host with a wildcard', 'https://*.example.org/'],
    ['a host with an underscore', 'https://a_b.example/'],
    ['a host with a number at its end', 'https://host.123/'],
    ['an address out of range', 'http://1.2.3.256/'],
    ['an IPv6 address without brackets', 'http://fd00::1/'],
    ['an IPv6 address with a zone', 'http://[fe80::1%25eth0]/'],
    ['an IPv4 address in brackets', 'http://[1.2.3.4]/'],
    ['a port that is none', 'https://example.org:https/'],
    ['a space', 'https://example.org/a b'],
    ['a leading space', ' https://example.org'],
    ['a newline', 'https://example.org/\n'],
    ['a null octet', 'https://example.org/\0'],
    ['another script', 'https://example.org/münchen'],
    ['half a percent-encoding', 'https://example.org/%4'],
    ['two fragments', 'https://example.org/#a#b'],
    ['a bracket in the path', 'https://example.org/[a]'],
    ['a backslash', 'https://example.org\\@evil.example/'],
    ['1,025 characters', `urn:${'a'.repeat(1021)}`],
    ['the name of a member', 'qtchat://aaaaaaaaaaaaaaaaaaaaaaaaaa/bob'],
    ['the name of a member in capitals', 'QtChat:bob'],
    ['the name of the Auto CA', 'qtchat-ca://aaaaaaaaaaaaaaaaaaaaaaaaaa'],
    ['the name of the Auto CA in capitals', 'QTCHAT-CA:'],
  ])('refuses %s', (_, text) => {
    expect(refusalOf(() => parseUri(text))).toBe('ERR_PKI_SAN_INVALID');
  });

  it('refuses any text or reads it into a form that it reads again, and that is never reserved', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.webUrl({ withFragments: true, withQueryParameters: true }),
      fc.string().map((text) => `qtchat${text}`),
      fc.string().map((text) => `urn:${text}`),
    );
    fc.assert(
      fc.property(anything, (text) => {
        let value = '';
        const refusal = refusalOf(() => {
          value = parseUri(text).value;
        });
        if (refusal !== undefined) return expect(refusal).toBe('ERR_PKI_SAN_INVALID');
        expect(isReservedUri(value)).toBe(false);
        expect(new URL(value).protocol).toBe(`${value.split(':')[0]}:`);
        expect(parseUri(value).value).toBe(value);
      }),
    );
  });
});
