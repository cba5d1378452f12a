/** What `cert verify` judges beside the path: names, purposes, revocation. The path itself is in cert.test.ts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type CrlEntry, type CrlPlan, crlToPem, issueCrl } from '../../src/pki/crl.js';
import { createIssuer } from '../../src/pki/issuer.js';
import {
  makeCircle,
  makeIntermediate,
  makeMember,
  serverAuth,
  type TestCircle,
  type TestMember,
} from '../helpers/certificates.js';
import { makeHome, type TestHome } from '../helpers/home.js';

const dayMs = 86_400_000;
const inDays = (days: number): Date => new Date(Math.floor(Date.now() / 1000) * 1000 + days * dayMs);

let test: TestHome;
let circle: TestCircle;
let bob: TestMember;

beforeAll(async () => {
  circle = await makeCircle();
  bob = await makeMember(circle, {
    member: 'bob',
    dns: ['bob.example', '*.wild.example'],
    ips: ['192.168.1.7', 'fd00::1'],
  });
});

beforeEach(() => {
  test = makeHome();
});

afterEach(() => {
  test.remove();
});

const verifying = (member: TestMember, ...flags: string[]): string[] => {
  const root = test.file('root.pem', circle.rootPem);
  return ['cert', 'verify', test.file(`${member.member}.pem`, member.chainPem), '--root-file', root, ...flags];
};

async function expectValid(argv: string[]): Promise<void> {
  expect(await test.run(argv)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('is valid until') });
}

describe('qtchat cert verify --host --ip', () => {
  it.each([
    ['--host', 'bob.example'],
    ['--host', 'BOB.example'],
    ['--host', 'any.wild.example'],
    ['--ip', '192.168.1.7'],
    ['--ip', 'fd00:0::1'],
  ])('accepts %s %s', async (...flags) => {
    await expectValid(verifying(bob, ...flags));
  });

  it.each([
    ['--host', 'eve.example'],
    ['--host', 'bob'],
    ['--host', 'wild.example'],
    ['--host', 'a.b.wild.example'],
    ['--ip', '192.168.1.8'],
    ['--ip', '::ffff:192.168.1.7'],
  ])('refuses %s %s, which is not in the certificate', async (...flags) => {
    await test.refused(verifying(bob, ...flags), 7, /the certificate of "bob" is not for "/);
  });

  it('asks for every name, and says each that is missing', async () => {
    const flags = ['--host', 'bob.example', '--host', 'a.example', '--ip', '10.0.0.1'];
    await test.refused(verifying(bob, ...flags), 7, /not for "a\.example"; .*not for "10\.0\.0\.1"$/m);
  });

  it.each([
    ['--host', '192.168.1.7', /Give it as --ip/],
    ['--host', '*.wild.example', /not a wildcard/],
    ['--host', '', /label is empty/],
    ['--ip', 'bob.example', /is no IP address/],
    ['--ip', '10.0.0.0/8', /single addresses/],
  ])('refuses %s %p, which is none', async (flag, value, message) => {
    await test.refused(verifying(bob, flag, value), 2, message);
  });
});

describe('qtchat cert verify --purpose', () => {
  it('accepts what the certificate is for, and refuses what it is not', async () => {
    const server = await makeMember(circle, { member: 'server', ekus: [serverAuth] });
    await expectValid(verifying(server, '--purpose', 'serverAuth'));
    await test.refused(verifying(server, '--purpose', 'clientAuth'), 7, /lacks the clientAuth usage/);
  });

  it('refuses a purpose that it does not know', async () => {
    await test.refused(verifying(bob, '--purpose', 'anything'), 2, /serverAuth/);
  });
});

describe('qtchat cert verify --crl-file', () => {
  /** The flag with a list of `issuer`, in force now and naming nobody unless told otherwise. */
  async function crl(plan: Partial<CrlPlan> = {}, issuer: TestCircle = circle): Promise<string[]> {
    const good = { number: 1n, thisUpdate: inDays(-1), nextUpdate: inDays(6), entries: [] };
    const roots = issuer.intermediatesPem === '' ? [] : [circle.certificate];
    const signer = createIssuer(issuer.key, [issuer.certificate, ...roots]);
    const content = await issueCrl({ ...good, ...plan }, signer);
    return ['--crl-file', test.file(`${issuer.certificate.serialNumber}.crl`, crlToPem(content))];
  }

  const revoked = (member: TestCircle | TestMember): CrlEntry[] => [
    { serialNumber: member.certificate.serialNumber, revokedAt: inDays(-1), reason: 'keyCompromise' },
  ];

  it('accepts whom a list in force does not name, and says that it was asked', async () => {
    const eve = await makeMember(circle, { member: 'eve' });
    const result = await test.run([...verifying(bob, ...(await crl({ entries: revoked(eve) }))), '--json']);
    expect(result.json()).toMatchObject({ valid: true, revocation: ['crl'] });
  });

  it('refuses whom it names, with the day and the reason', async () => {
    const list = await crl({ entries: revoked(bob) });
    await test.refused(verifying(bob, ...list), 7, /"bob" was revoked on .* UTC \(keyCompromise\)/);
  });

  it.each<[string, () => Promise<string[]>, RegExp]>([
    ['that ended', () => crl({ thisUpdate: inDays(-9), nextUpdate: inDays(-1) }), /the list ended on/],
    ['that has not begun', () => crl({ thisUpdate: inDays(1) }), /the list begins only on/],
    [
      'of another CA',
      async () => crl({}, await makeCircle({ commonName: 'Other' })),
      /no list of .*Test circle.* was given/,
    ],
    ['of another CA with the same name', async () => crl({}, await makeCircle()), /signature is not by the CA's key/],
  ])('does not believe a list %s', async (_title, list, message) => {
    await test.refused(verifying(bob, ...(await list())), 7, message);
  });

  it('judges intermediates as far as lists are given', async () => {
    const intermediate = await makeIntermediate(circle);
    const carol = await makeMember(intermediate, { member: 'carol' });
    const below = await crl({}, intermediate);
    await expectValid(verifying(carol, ...below));
    await expectValid(verifying(carol, ...below, ...(await crl())));
    await test.refused(verifying(carol, ...(await crl())), 7, /whether .*"carol" was revoked is unknown/);
    const above = await crl({ entries: revoked(intermediate) });
    await test.refused(verifying(carol, ...below, ...above), 7, /"Test intermediate" was revoked on/);
  });

  it.each<[string, () => string, number]>([
    ['that is missing', () => test.at('absent'), 3],
    ['that is a certificate', () => test.file('c.pem', circle.rootPem), 1],
    ['that is empty', () => test.file('empty', ''), 1],
  ])('refuses a file %s', async (_title, path, exitCode) => {
    await test.refused(verifying(bob, '--crl-file', path()), exitCode, /absent|c\.pem|empty/);
  });
});

describe('qtchat cert verify in the home of the CA', () => {
  const verify = (...flags: string[]) => ['cert', 'verify', test.at('bob.pem'), ...flags];

  beforeEach(async () => {
    await test.run(['ca', 'init', '--no-password']);
    await test.run(['cert', 'issue', 'bob', '--out', test.folder]);
  });

  it('asks the ledger what was revoked', async () => {
    expect((await test.run(verify('--json'))).json()).toMatchObject({ valid: true, revocation: ['ledger'] });
    expect(await test.run(verify())).toMatchObject({
      stdout: expect.stringMatching(/, and not revoked\n$/),
      stderr: '',
    });
    await test.run(['cert', 'revoke', 'bob', '--reason', 'superseded']);
    await test.refused(verify(), 7, /"bob" was revoked on .* \(superseded\)/);
  });

  it('agrees with the list that it writes', async () => {
    await test.run(['cert', 'revoke', 'bob']);
    const crl = test.at('bobs.crl');
    expect(await test.run(['ca', 'crl', '--out', crl])).toMatchObject({ exitCode: 0 });
    const root = test.file('root.pem', readFileSync(join(test.home, 'ca', 'root.pem')));
    const elsewhere = { home: test.at('elsewhere') };
    const result = await test.run(verify('--root-file', root, '--crl-file', crl), elsewhere);
    expect(result).toMatchObject({ exitCode: 7, stderr: expect.stringContaining('was revoked on') });
    const unaware = await test.run(verify('--root-file', root), elsewhere);
    expect(unaware).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('--crl-file') });
  });

  it('names every fault at once', async () => {
    await test.run(['cert', 'revoke', 'bob']);
    const faults = /expired on .*; .*is not for "a\.example"; .*was revoked on/;
    const clock = (): Date => inDays(400);
    const result = await test.run(verify('--host', 'a.example'), { clock });
    expect(result).toMatchObject({ exitCode: 7, stderr: expect.stringMatching(faults) });
  });
});
