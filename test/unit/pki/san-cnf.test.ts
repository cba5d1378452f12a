import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseSanCnf } from '../../../src/pki/san-cnf.js';
import { refusalOf } from './refusal.js';

/** The file that QTChat's first README told people to write, as it stands there. */
const seed = readFileSync(new URL('../../vectors/seed-san.cnf', import.meta.url), 'utf8');

const namesOf = (text: string): string[] => parseSanCnf(text).names.map(({ type, value }) => `${type}:${value}`);

/** A file whose alternative names are the given lines. */
const withNames = (...lines: string[]): string =>
  ['[ v3_req ]', 'subjectAltName = @alt_names', '[ alt_names ]', ...lines].join('\n');

describe('parseSanCnf', () => {
  it('reads the file of the first README as it stands, and warns of its comment', () => {
    const { names, commonName, warnings } = parseSanCnf(seed);
    expect(names).toEqual([
      { type: 'dns', value: 'example.com' },
      { type: 'dns', value: 'www.example.com' },
      { type: 'ip', value: '192.168.1.100' },
    ]);
    expect(commonName).toBe('example.com');
    expect(warnings).toEqual([expect.stringMatching(/^"\/\/Change this to .* was taken for a comment.*begin with #$/)]);
  });

  it.each<[string, string, string[]]>([
    ['several addresses', withNames('IP.1 = 192.168.1.7', 'IP.2 = FD00::0001'), ['ip:192.168.1.7', 'ip:fd00::1']],
    [
      'every kind, in the order of the file',
      withNames('URI.1 = https://host.example/', 'email.1 = bob@example.org', 'DNS.9 = a.example', 'DNS.1 = b.example'),
      ['uri:https://host.example/', 'email:bob@example.org', 'dns:a.example', 'dns:b.example'],
    ],
    ['names without numbers', withNames('DNS = a.example', 'IP = 1.2.3.4'), ['dns:a.example', 'ip:1.2.3.4']],
    ['each name once', withNames('DNS.1 = a.example', 'DNS.2 = A.example'), ['dns:a.example']],
    ['another script', withNames('DNS.1 = münchen.de'), ['dns:xn--mnchen-3ya.de']],
    ['the inline form', 'subjectAltName = DNS:a.example,IP:1.2.3.4', ['dns:a.example', 'ip:1.2.3.4']],
    ['the inline form with spaces', 'subjectAltName= DNS : a.example ,  IP:fd00::1', ['dns:a.example', 'ip:fd00::1']],
    ['a critical extension', 'subjectAltName = critical, DNS:a.example', ['dns:a.example']],
    ['a URI inline', 'subjectAltName = URI:https://host.example:80/', ['uri:https://host.example:80/']],
    ['comments', withNames('# DNS.0 = no.example', 'DNS.1 = a.example # the host'), ['dns:a.example']],
    ['a comment with a quote', withNames("# don't", 'DNS.1 = a.example'), ['dns:a.example']],
    ['a comment of two lines', withNames('# see \\', 'DNS.0 = no.example', 'DNS.1 = a.example'), ['dns:a.example']],
    ['a value of two lines', withNames('DNS.1 = a.\\', 'example'), ['dns:a.example']],
    [
      'Windows line ends',
      withNames('DNS.1 = a.example', 'DNS.2 = b.example').replaceAll('\n', '\r\n'),
      ['dns:a.example', 'dns:b.example'],
    ],
    ['a byte order mark', `\uFEFF${withNames('DNS.1 = a.example')}`, ['dns:a.example']],
    ['tabs and no spaces', withNames('DNS.1\t=\ta.example', 'DNS.2=b.example'), ['dns:a.example', 'dns:b.example']],
    ['sections without spaces', '[x]\nsubjectAltName=@y\n[y]\nDNS.1=a.example', ['dns:a.example']],
    [
      'a section in two pieces',
      `${withNames('DNS.1 = a.example')}\n[x]\n[alt_names]\nDNS.2 = b.example`,
      ['dns:a.example', 'dns:b.example'],
    ],
    [
      'the section that [ req ] names, where several have names',
      '[req]\nreq_extensions=b\n[a]\nsubjectAltName=DNS:a.example\n[b]\nsubjectAltName=DNS:b.example',
      ['dns:b.example'],
    ],
    [
      'variables where nothing is taken',
      `[CA]\ndir = .\ncerts = $dir/certs\n${withNames('DNS.1 = a.example')}`,
      ['dns:a.example'],
    ],
  ])('reads %s', (_, text, names) => {
    expect(namesOf(text)).toEqual(names);
  });

  it.each<[string, string, string | undefined]>([
    ['CN', '[req]\nprompt=no\ndistinguished_name=dn\n[dn]\nCN = bob', 'bob'],
    ['commonName', '[req]\nprompt=no\ndistinguished_name=dn\n[dn]\ncommonName = Bob Smith', 'Bob Smith'],
    ['the last of several', '[req]\nprompt=no\ndistinguished_name=dn\n[dn]\n0.CN = ship\n1.CN = bob', 'bob'],
    ['not the question that OpenSSL would ask', '[req]\ndistinguished_name=dn\n[dn]\nCN = Your name', undefined],
    ['the answer offered with it', '[req]\ndistinguished_name=dn\n[dn]\nCN = Your name\nCN_default = bob', 'bob'],
    ['no CN of another section', '[req]\nprompt=no\ndistinguished_name=dn\n[dn]\nO = ship\n[x]\nCN = bob', undefined],
    ['no CN without [ req ]', '[dn]\nCN = bob', undefined],
    ['no empty one', '[req]\nprompt=no\ndistinguished_name=dn\n[dn]\nCN =', undefined],
  ])('takes as common name: %s', (_, text, commonName) => {
    expect(parseSanCnf(`${text}\n${withNames('DNS.1 = a.example')}`).commonName).toBe(commonName);
  });

  it('warns of everything that the section asks for beside names', () => {
    const text = '[v3]\nkeyUsage = keyCertSign\nbasicConstraints = CA:TRUE\nsubjectAltName = DNS:a.example';
    expect(parseSanCnf(text).warnings).toEqual([
      '"keyUsage" was left out: the profile decides it',
      '"basicConstraints" was left out: the profile decides it',
    ]);
  });

  it('warns of no comment that OpenSSL knows, and of no URI', () => {
    expect(parseSanCnf(withNames('URI.1 = https://a.example//b # // c')).warnings).toEqual([]);
  });

  it.each<[string, string]>([
    ['an empty file', ''],
    ['prose', 'Now, create san.cnf and put it in you working directory.'],
    ['no subjectAltName', '[ alt_names ]\nDNS.1 = a.example'],
    ['a section that is missing', 'subjectAltName = @alt_names'],
    ['a section without names', withNames()],
    ['an empty subjectAltName', 'subjectAltName ='],
    ['names without kind', 'subjectAltName = a.example'],
    ['an empty name inline', 'subjectAltName = DNS:a.example,,IP:1.2.3.4'],
    ['a section among names', 'subjectAltName = DNS:a.example,@alt_names\n[alt_names]\nDNS.1=b.example'],
    ['names in several sections', '[a]\nsubjectAltName=DNS:a.example\n[b]\nsubjectAltName=DNS:b.example'],
    [
      'two sections of [ req ]',
      '[req]\nreq_extensions=a\nx509_extensions=b\n[a]\nsubjectAltName=DNS:a.example\n[b]\nsubjectAltName=DNS:b.example',
    ],
    ['a key that stands twice', withNames('DNS.1 = a.example', 'DNS.1 = b.example')],
    ['a variable', withNames('DNS.1 = $host')],
    ['a variable of the environment', withNames('DNS.1 = $ENV::HOST')],
    ['a variable inline', 'subjectAltName = $names'],
    ['a variable as section', 'subjectAltName = @$section'],
    [
      'a variable as common name',
      `[req]\nprompt=no\ndistinguished_name=dn\n[dn]\nCN=$ENV::USER\n${withNames('DNS.1 = a.example')}`,
    ],
    ['an escape', withNames('DNS.1 = a\\.example')],
    ['quotes', withNames('DNS.1 = "a.example"')],
    ['a directive', `.include other.cnf\n${withNames('DNS.1 = a.example')}`],
    ['a directive with =', `.include = other.cnf\n${withNames('DNS.1 = a.example')}`],
    ['a directive about variables', `.pragma dollarid:on\n${withNames('DNS.1 = a.example')}`],
    ['a value for another section', withNames('alt_names::DNS.1 = a.example')],
    ['a section that is not closed', '[ v3_req\nsubjectAltName = DNS:a.example'],
    ['a directory name', withNames('DNS.1 = a.example', 'dirName.1 = dir')],
    ['another name', withNames('otherName.1 = 1.2.3.4;UTF8:bob')],
    ['a registered id', withNames('RID.1 = 1.2.3.4')],
    ['a directory name inline', 'subjectAltName = dirName:dir'],
    ['a kind in other letters', withNames('dns.1 = a.example')],
    ['a copied address', withNames('email.1 = copy')],
    ['a copied address inline', 'subjectAltName = email:copy,DNS:a.example'],
    ['a moved address', 'subjectAltName = email:move'],
    ['raw DER', 'subjectAltName = DER:30:03:82:01:61'],
    ['a comment alone as name', withNames('DNS.1 = //here')],
    ['two names in one', withNames('DNS.1 = a.example, b.example')],
    ['an empty name', withNames('DNS.1 =')],
    ['a zone id', withNames('IP.1 = fe80::1%eth0')],
    ['a network', withNames('IP.1 = 10.0.0.0/8')],
    ['a DNS name instead of an address', withNames('IP.1 = a.example')],
    ['an address instead of a DNS name', withNames('DNS.1 = 192.168.1.7')],
    ['a null octet', withNames('DNS.1 = a.example\0.evil.example')],
    ["a member's name", withNames('URI.1 = qtchat://aaaaaaaaaaaaaaaaaaaaaaaaaa/bob')],
    ["the Auto CA's name", 'subjectAltName = URI:QTCHAT-CA://aaaaaaaaaaaaaaaaaaaaaaaaaa'],
    ['a file that is too long', `# ${'x'.repeat(65_536)}\n${withNames('DNS.1 = a.example')}`],
  ])('refuses %s', (_, text) => {
    expect(refusalOf(() => parseSanCnf(text))).toBe('ERR_PKI_SAN_INVALID');
  });
});
