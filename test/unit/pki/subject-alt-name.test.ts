import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import * as x509 from '@peculiar/x509';
import fc from 'fast-check';
import { DerError } from '../../../src/pki/der-reader.js';
import { ipOctets, ipText } from '../../../src/pki/ip-address.js';
import {
  decodeSubjectAltNames,
  encodeSubjectAltNames,
  parseDnsName,
  parseIpAddress,
  subjectAltNamesOf,
} from '../../../src/pki/subject-alt-name.js';
import { makeCircle, makeMember } from '../../helpers/certificates.js';
import { refusalOf } from './refusal.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('parseIpAddress', () => {
  it.each([
    ['192.168.1.100', '192.168.1.100'],
    ['0.0.0.0', '0.0.0.0'],
    ['::1', '::1'],
    ['::', '::'],
    ['FD00:0:0::0001', 'fd00::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1:0:0:2::', '1:0:0:2::'],
    ['::ffff:1.2.3.4', '::ffff:1.2.3.4'],
    ['::ffff:0102:0304', '::ffff:1.2.3.4'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('reads %s as %s', (text, value) => {
    expect(parseIpAddress(text)).toEqual({ type: 'ip', value });
  });

  it.each([
    '',
    ' 1.2.3.4',
    '1.2.3.4 ',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '0x1.2.3.4',
    '1.2.3.4.5',
    '10.0.0.0/8',
    'fd00::/8',
    'fe80::1%eth0',
    '[::1]',
    '1.2.3.4:80',
    '::1::',
    '12345::',
    '1:2:3:4:5:6:7',
    'localhost',
    '1.2.3.4\n',
    '１.2.3.4',
  ])('refuses %p', (text) => {
    expect(refusalOf(() => parseIpAddress(text))).toBe('ERR_PKI_SAN_INVALID');
  });

  it('turns every address into octets and back', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const { value } = parseIpAddress(text);
        const octets = ipOctets(value);
        expect(octets?.length).toBe(text.includes(':') ? 16 : 4);
        expect(ipText(octets ?? Buffer.alloc(0))).toBe(value);
        if (!text.includes('.')) expect(`http://[${value}]`).toBe(mappedOr(value, new URL(`http://[${text}]`).origin));
      }),
    );
  });
});

/** URLs write IPv4-mapped addresses without the dotted quad. */
function mappedOr(value: string, origin: string): string {
  return value.startsWith('::ffff:') && value.includes('.') ? `http://[${value}]` : origin;
}

describe('parseDnsName', () => {
  it.each([
    ['localhost', 'localhost'],
    ['Host.Example.ORG', 'host.example.org'],
    ['*.example.org', '*.example.org'],
    ['xn--mnchen-3ya.de', 'xn--mnchen-3ya.de'],
    ['1.example', '1.example'],
    ['münchen.de', 'xn--mnchen-3ya.de'],
    ['mu\u0308nchen.de', 'xn--mnchen-3ya.de'],
    ['*.MÜNCHEN.de', '*.xn--mnchen-3ya.de'],
    ['faß.example', 'xn--fa-hia.example'],
    ['例え.テスト', 'xn--r8jz45g.xn--zckzah'],
    ['пример.испытание', 'xn--e1afmkfd.xn--80akhbyknj4f'],
    ['उदाहरण.परीक्षा', 'xn--p1b6ci4b4b3a.xn--11b5bs3a9aj6g'],
    ['مثال.إختبار', 'xn--mgbh0fb.xn--kgbechtv'],
    ['\u212aelvin.example', 'kelvin.example'],
    [`${'a'.repeat(63)}.example`, `${'a'.repeat(63)}.example`],
  ])('reads %s as %s', (text, value) => {
    expect(parseDnsName(text)).toEqual({ type: 'dns', value });
  });

  it.each([
    ['nothing', ''],
    ['a leading dot', '.example.org'],
    ['a trailing dot', 'example.org.'],
    ['an empty label', 'a..b'],
    ['a space', 'a b.example'],
    ['a null octet', 'good.example\0.evil.example'],
    ['a newline', 'a.example\n'],
    ['an underscore', 'a_b.example'],
    ['a hyphen at the start of a label', '-a.example'],
    ['a hyphen at the end of a label', 'a-.example'],
    ['a label of 64 characters', `${'a'.repeat(64)}.example`],
    ['254 characters', `${'a.'.repeat(126)}aa`],
    ['full-width digits', '１.2.3.4'],
    ['a full-width dot', 'münchen。de'],
    ['an invisible hyphen', 'mün\u00adchen.de'],
    ['a joiner between Latin letters', 'ü\u200db.example'],
    ['a percent-encoded letter', 'ü%61.example'],
    ['a path behind another script', 'münchen.de/x'],
    ['a port behind another script', 'münchen.de:80'],
    ['a user before another script', 'bob@münchen.de'],
    ['an empty label among other scripts', 'ü..de'],
    ['a wildcard within a label of another script', 'ü*.example.org'],
    ['an emoji', '☕.example'],
    ['an emoji in A-labels', 'xn--53h.example'],
    ['a symbol', '√2.example'],
    ['a lone surrogate', '\ud800.example'],
    ['an A-label that decodes to nothing', 'xn--0.example'],
    ['a false A-label beside a true one', 'xn--mnchen-3ya.xn--0.example'],
    ['an A-label that stands for ASCII', 'xn--foo-.example'],
    ['a wildcard within a label', 'a*.example.org'],
    ['a wildcard that is not left-most', 'a.*.org'],
    ['two wildcards', '*.*.example.org'],
    ['a wildcard alone', '*'],
    ['a wildcard over a top-level domain', '*.org'],
    ['a numeric last label', 'host.123'],
    ['a hexadecimal last label', 'host.0x1f'],
    ['an IPv4 address', '192.168.1.1'],
    ['an IPv6 address', 'fd00::1'],
    ['a port', 'a.example:80'],
    ['a URL', 'https://a.example'],
  ])('refuses %s', (_, text) => {
    expect(refusalOf(() => parseDnsName(text))).toBe('ERR_PKI_SAN_INVALID');
  });

  it('hints at --ip for an address', () => {
    expect(() => parseDnsName('192.168.1.1')).toThrow(expect.objectContaining({ hint: 'Give it as --ip 192.168.1.1' }));
  });

  it('refuses any text or reads it into a form that it reads again', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.domain()), (text) => {
        let value = '';
        const refusal = refusalOf(() => {
          value = parseDnsName(text).value;
        });
        if (refusal === undefined) expect(parseDnsName(value).value).toBe(value);
        else expect(refusal).toBe('ERR_PKI_SAN_INVALID');
      }),
    );
  });
});

describe('names in certificates', () => {
  it('encodes an IPv4-mapped address in 16 octets', () => {
    const encoded = encodeSubjectAltNames([parseIpAddress('::ffff:1.2.3.4')]);
    expect(encoded).toEqual(hex('30 12 87 10 00000000 00000000 0000ffff 01020304'));
  });

  it('reads names of a certificate made by another library, in their order', async () => {
    const circle = await makeCircle();
    const email = new x509.SubjectAlternativeNameExtension([{ type: 'email', value: 'Bob@example.org' }]);
    const mailed = await makeMember(circle, { member: 'bob', uris: [], extraExtensions: [email] });
    expect(subjectAltNamesOf(mailed.certificate)).toEqual([{ type: 'email', value: 'Bob@example.org' }]);
    const fields = { member: 'bob', dns: ['a.example'], ips: ['1.2.3.4', 'fd00::1'] };
    const { certificate } = await makeMember(circle, fields);
    expect(subjectAltNamesOf(certificate)).toEqual([
      { type: 'dns', value: 'a.example' },
      { type: 'ip', value: '1.2.3.4' },
      { type: 'ip', value: 'fd00::1' },
      { type: 'uri', value: `qtchat://${circle.circleId}/bob` },
    ]);
  });

  it('passes over kinds of names that it does not know', async () => {
    const extension = new x509.SubjectAlternativeNameExtension([
      { type: 'dn', value: 'CN=bob' },
      { type: 'id', value: '1.2.3.4' },
      { type: 'dns', value: 'a.example' },
    ]);
    const fields = { member: 'bob', uris: [], extraExtensions: [extension] };
    const { certificate } = await makeMember(await makeCircle(), fields);
    expect(subjectAltNamesOf(certificate)).toEqual([{ type: 'dns', value: 'a.example' }]);
  });

  it.each([
    ['an address of 5 octets', '30 07 87 05 01 02 03 04 05'],
    ['an address with its mask', '30 0a 87 08 0a 00 00 00 ff 00 00 00'],
    ['a null octet in a DNS name', '30 05 82 03 61 00 62'],
    ['an octet beyond ASCII in a URI', '30 03 86 01 ff'],
    ['octets behind the names', '30 00 00'],
    ['a name cut short', '30 03 82 05 61'],
  ])('refuses %s', (_, octets) => {
    expect(() => decodeSubjectAltNames(hex(octets))).toThrow(DerError);
  });
});
