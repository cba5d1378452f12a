/** Name constraints as typed, as encoded, and as judged: by us and, on the same certificates, by OpenSSL. */
import 'reflect-metadata';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as x509 from '@peculiar/x509';
import fc from 'fast-check';
import { readCertificateFields } from '../../../src/pki/certificate-fields.js';
import { checkPlan } from '../../../src/pki/check-plan.js';
import { issueIntermediate } from '../../../src/pki/issue.js';
import { createIssuer, type Issuer } from '../../../src/pki/issuer.js';
import { nameConstraintFault } from '../../../src/pki/judge-names.js';
import {
  encodeNameConstraints,
  type NameConstraints,
  nameConstraintsOf,
  parseDnsSubtree,
  parseIpSubtree,
} from '../../../src/pki/name-constraints.js';
import { buildCertificatePlan, buildIntermediatePlan } from '../../../src/pki/plan.js';
import { parseDnsName, parseIpAddress, type SubjectAltName } from '../../../src/pki/subject-alt-name.js';
import { verifyPath } from '../../../src/pki/verify-path.js';
import {
  type CertificateFields,
  makeCircle,
  makeKey,
  makeMember,
  type TestCircle,
} from '../../helpers/certificates.js';
import { hasProgram } from '../../helpers/has-program.js';
import { deps, longValidity, peerProfile, requestFor } from './issuing.js';
import { refusalOf } from './refusal.js';

const dns = parseDnsSubtree;
const ip = parseIpSubtree;
const only = (...permitted: NameConstraints['permitted']): NameConstraints => ({ permitted, excluded: [] });
const not = (...excluded: NameConstraints['excluded']): NameConstraints => ({ permitted: [], excluded });

describe('name constraints as typed', () => {
  it.each([
    ['192.168.0.0/16', '192.168.0.0/16'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['10.1.2.3', '10.1.2.3/32'],
    ['10.1.2.128/25', '10.1.2.128/25'],
    ['FD00::/8', 'fd00::/8'],
    ['::/0', '::/0'],
    ['2001:db8::1', '2001:db8::1/128'],
  ])('reads the range %s as %s', (text, value) => expect(ip(text)).toEqual({ type: 'ip', value }));

  it.each(['', '/', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/08', '10.0.0.0/-1', 'fd00::/129', 'fe80::%eth0/64', '10/8'])(
    'refuses the range %j',
    (text) => expect(refusalOf(() => ip(text))).toBe('ERR_PKI_SAN_INVALID'),
  );

  it('refuses a range that does not begin with its first address, and says which does', () => {
    expect(() => ip('192.168.1.7/24')).toThrow(expect.objectContaining({ hint: 'Write 192.168.1.0/24' }));
  });

  it.each(['', '.example.org', '*.example.org', 'exa mple.org', '10.0.0.1', 'example.org.'])(
    'refuses the DNS name %j',
    (text) => expect(refusalOf(() => dns(text))).toBe('ERR_PKI_SAN_INVALID'),
  );
});

/** Constraints, what a certificate below states, and whether it may; and where OpenSSL is more generous. */
const cases: [string, NameConstraints, Partial<CertificateFields>, boolean, 'as OpenSSL' | 'stricter'][] = [
  ['the permitted name itself', only(dns('example.org')), { dns: ['example.org'] }, true, 'as OpenSSL'],
  ['a name below', only(dns('example.org')), { dns: ['a.b.example.org'] }, true, 'as OpenSSL'],
  ['a wildcard below', only(dns('example.org')), { dns: ['*.example.org'] }, true, 'as OpenSSL'],
  ['another name with the same end', only(dns('example.org')), { dns: ['badexample.org'] }, false, 'as OpenSSL'],
  ['the name above', only(dns('a.example.org')), { dns: ['example.org'] }, false, 'as OpenSSL'],
  ['one name of two outside', only(dns('example.org')), { dns: ['example.org', 'example.net'] }, false, 'as OpenSSL'],
  [
    'one of two permitted',
    only(dns('example.org'), dns('example.net')),
    { dns: ['www.example.net'] },
    true,
    'as OpenSSL',
  ],
  ['addresses where only names are limited', only(dns('example.org')), { ips: ['10.0.0.1'] }, true, 'as OpenSSL'],
  ['no names at all', only(dns('example.org')), {}, true, 'as OpenSSL'],
  ['a common name that looks like a host', only(dns('example.org')), { commonName: 'evil.net' }, false, 'as OpenSSL'],
  [
    'such a one beside a good name',
    only(dns('example.org')),
    { commonName: 'e.net', dns: ['example.org'] },
    true,
    'as OpenSSL',
  ],
  ['an excluded name', not(dns('example.org')), { dns: ['www.example.org'] }, false, 'as OpenSSL'],
  ['a name beside the excluded', not(dns('example.org')), { dns: ['www.example.net'] }, true, 'as OpenSSL'],
  [
    'a hole in what is permitted',
    { ...only(dns('a.org')), ...{ excluded: [dns('b.a.org')] } },
    { dns: ['c.b.a.org'] },
    false,
    'as OpenSSL',
  ],
  ['a wildcard over an excluded host', not(dns('www.example.org')), { dns: ['*.example.org'] }, false, 'stricter'],
  ['an excluded name in capitals', not(dns('www.example.org')), { dns: ['WWW.Example.ORG'] }, false, 'as OpenSSL'],
  ['an address in the range', only(ip('192.168.0.0/16')), { ips: ['192.168.255.255'] }, true, 'as OpenSSL'],
  ['an address outside', only(ip('192.168.0.0/16')), { ips: ['192.169.0.0'] }, false, 'as OpenSSL'],
  ['the other family', only(ip('192.168.0.0/16')), { ips: ['fd00::1'] }, false, 'as OpenSSL'],
  ['an IPv6 address in the range', only(ip('fd00::/8')), { ips: ['fdff::1'] }, true, 'as OpenSSL'],
  ['a range that ends within an octet', only(ip('10.0.0.128/25')), { ips: ['10.0.0.127'] }, false, 'as OpenSSL'],
  ['an excluded address', not(ip('10.0.0.1')), { ips: ['10.0.0.1'] }, false, 'as OpenSSL'],
  ['its neighbour', not(ip('10.0.0.1')), { ips: ['10.0.0.2'] }, true, 'as OpenSSL'],
  ['any IPv4 address, all excluded', not(ip('0.0.0.0/0')), { ips: ['8.8.8.8'] }, false, 'as OpenSSL'],
];

describe('name constraints', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'qtchat-constraints-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function makeConstrained(constraints: NameConstraints): Promise<{ circle: TestCircle; issuer: Issuer }> {
    const extension = new x509.Extension('2.5.29.30', true, encodeNameConstraints(constraints));
    const circle = await makeCircle({ ...longValidity, extraExtensions: [extension] });
    return { circle, issuer: createIssuer(circle.key, [circle.certificate]) };
  }

  it.each(cases)('judge %s', async (_, constraints, fields, good, how) => {
    const { circle, issuer } = await makeConstrained(constraints);
    const validity = { notBefore: longValidity.notBefore, notAfter: new Date('2026-06-16T00:00:00Z') };
    const member = await makeMember(circle, { member: 'bob', ...validity, ...fields });
    const faults = verifyPath([member.certificate], circle.certificate, { at: validity.notAfter });
    expect(faults.map(({ code }) => code)).toEqual(good ? [] : ['name-constraint']);
    const names = [...(fields.dns ?? []).map(parseDnsName), ...(fields.ips ?? []).map(parseIpAddress)];
    const request = requestFor({ names, member: fields.commonName ?? 'bob' });
    const plan = buildCertificatePlan(request, peerProfile, issuer, deps);
    expect(refusalOf(() => checkPlan(plan, issuer))).toBe(good ? undefined : 'ERR_PKI_PLAN_REFUSED');
    if (!hasProgram('openssl')) return;
    const [root, leaf] = [join(folder, 'root.pem'), join(folder, 'leaf.pem')];
    writeFileSync(root, circle.rootPem);
    writeFileSync(leaf, member.certificatePem);
    const at = String(validity.notAfter.getTime() / 1000 - 1);
    const run = spawnSync('openssl', ['verify', '-attime', at, '-CAfile', root, leaf]);
    expect(run.status === 0).toBe(good || how === 'stricter');
    const text = execFileSync('openssl', ['x509', '-in', root, '-noout', '-text'], { encoding: 'utf8' });
    expect(text).toMatch(/X509v3 Name Constraints: critical\s+(Permitted|Excluded):/);
  });

  it.each<[string, NameConstraints, SubjectAltName]>([
    ['a wildcard within a label', not(dns('www.example.org')), { type: 'dns', value: 'w*.example.org' }],
    ['a wildcard at the end of a label', not(dns('www.example.org')), { type: 'dns', value: '*w.Example.org' }],
    ['an excluded name with a dot behind', not(dns('www.example.org')), { type: 'dns', value: 'www.example.org.' }],
    ['a permitted name with a dot behind', only(dns('example.org')), { type: 'dns', value: 'www.example.org.' }],
    ['an excluded address mapped', not(ip('10.0.0.0/8')), { type: 'ip', value: '::ffff:10.0.0.1' }],
    ['a permitted address mapped', only(ip('10.0.0.0/8')), { type: 'ip', value: '::ffff:10.0.0.1' }],
  ])('forbid %s, which stands in no certificate of ours, but in those of others', (_, constraints, name) => {
    expect(nameConstraintFault({ names: [name], commonNames: [] }, constraints)).toMatch(/is (not )?among the/);
  });

  it('hold below an intermediate too', async () => {
    const { circle, issuer } = await makeConstrained(only(dns('example.org')));
    const key = makeKey();
    const profile = { purpose: 'test', validityDays: 100, pathLength: 0 };
    const below = await issueIntermediate(buildIntermediatePlan({ name: 'Below', key }, profile, issuer, deps), issuer);
    const lower = createIssuer(key, [below, circle.certificate]);
    const plan = (name: string) =>
      buildCertificatePlan(requestFor({ names: [parseDnsName(name)] }), peerProfile, lower, deps);
    expect(refusalOf(() => checkPlan(plan('www.example.org'), lower))).toBeUndefined();
    expect(refusalOf(() => checkPlan(plan('www.example.net'), lower))).toBe('ERR_PKI_PLAN_REFUSED');
  });

  it.each<[string, string, string]>([
    ['nothing', '3000', 'malformed'],
    ['an empty list', '3002a000', 'malformed'],
    ['a mask with a hole', '300ea00c300a87080a000000ff00ff00', 'malformed'],
    ['an address of five octets', '300fa00d300b87090a00000000ffffff00', 'malformed'],
    ['a minimum', '300ea00c300a820561622e63648001 01', 'malformed'],
    ['mail addresses, which are not judged', '3009a0073005810361406 2', 'name-constraint'],
    ['directory names, which are not judged', '3008a1063004a4023000', 'name-constraint'],
  ])('of another CA are a fault when they hold %s', async (_, hex, code) => {
    const value = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    const circle = await makeCircle({ extraExtensions: [new x509.Extension('2.5.29.30', true, value)] });
    const member = await makeMember(circle, { member: 'bob' });
    const faults = verifyPath([member.certificate], circle.certificate, { at: new Date() });
    expect(faults.map((fault) => fault.code)).toEqual([code]);
  });

  it('are read back as they were written', async () => {
    const label = fc.stringMatching(/^[a-z]([a-z0-9]{0,5})$/);
    const name = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => dns(`${labels.join('.')}.example`));
    const range = fc.tuple(fc.ipV4(), fc.nat(32)).map(([address, bits]) => {
      const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
      const first = Math.floor(number / 2 ** (32 - bits)) * 2 ** (32 - bits);
      return ip(`${[24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.')}/${bits}`);
    });
    const list = fc.array(fc.oneof(name, range), { maxLength: 5 });
    const constraints = fc.record({ permitted: list, excluded: list });
    const { circle } = await makeConstrained(only(dns('example.org')));
    const fields = readCertificateFields(circle.certificate);
    fc.assert(
      fc.property(
        constraints.filter(({ permitted, excluded }) => permitted.length + excluded.length > 0),
        (planned) => {
          const extension = { critical: true, value: encodeNameConstraints(planned) };
          const read = nameConstraintsOf({ ...fields, extensions: new Map([['2.5.29.30', extension]]) });
          expect(read).toEqual(planned);
        },
      ),
    );
  });
});
