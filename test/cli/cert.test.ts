import { randomBytes, type X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { generatedPasswordIterations, writePfx } from '../../src/pki/pfx.js';
import { currentMember } from '../../src/store/home.js';
import { listIdentities, loadIdentity } from '../../src/store/identities.js';
import {
  type MemberFields,
  makeCertificate,
  makeCircle,
  makeIntermediate,
  makeKey,
  makeMember,
  type TestCircle,
  type TestCredential,
} from '../helpers/certificates.js';
import { fakeTerminal } from '../helpers/fake-terminal.js';
import { makeHome, type TestHome } from '../helpers/home.js';

const dayMs = 86_400_000;
const inDays = (days: number): Date => new Date(Date.now() + days * dayMs);

let test: TestHome;
let circle: TestCircle;

beforeAll(async () => {
  circle = await makeCircle();
});

beforeEach(() => {
  test = makeHome();
});

afterEach(() => {
  test.remove();
});

/** One octet more than is read of anything; it takes up no room. */
function longFile(): string {
  const path = test.file('long', '');
  truncateSync(path, 64 * 1024 * 1024 + 1);
  return path;
}

const unreadable: [string, () => string, number, RegExp][] = [
  ['a file that is missing', () => test.at('absent'), 3, /there is no file ".*absent"/],
  ['a folder', () => test.folder, 1, /cannot read/],
  ['an empty file', () => test.file('empty', ''), 1, /no certificate found/],
  ['a file of something else', () => test.file('text', 'hello'), 1, /".*text": no certificate found/],
  ['a certificate cut short', () => test.file('cut.pem', circle.rootPem.slice(0, -60)), 1, /cut\.pem/],
  ['a file that is too long', () => longFile(), 1, /longer than (4|64) MiB/],
];

describe('qtchat cert inspect', () => {
  it('says what the certificate says, for people and for programs', async () => {
    const member = await makeMember(circle, { member: 'bob', ips: ['192.168.1.7'], dns: ['bob.example'] });
    const path = test.file('bob.pem', member.chainPem + circle.rootPem);
    const { stdout } = await test.run(['cert', 'inspect', path]);
    for (const text of ['CN=bob', `bob of circle ${circle.circleId}`, 'dns:bob.example, ip:192.168.1.7', 'itself']) {
      expect(stdout).toContain(text);
    }
    const { certificates } = (await test.run(['cert', 'inspect', path, '--json'])).json();
    expect(certificates).toMatchObject([
      {
        subject: 'CN=bob',
        serialNumber: member.certificate.serialNumber,
        circle: { circleId: circle.circleId, member: 'bob' },
        notAfter: new Date(member.certificate.validTo).toISOString(),
        keyType: 'p256',
        ca: false,
        extendedKeyUsages: ['serverAuth', 'clientAuth'],
        fingerprintSha256: member.certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
      },
      { subject: 'CN=Test circle', ca: true, selfIssued: true, circle: null },
    ]);
  });

  it('reads DER as well', async () => {
    const result = await test.run(['cert', 'inspect', test.file('root.der', circle.certificate.raw), '--json']);
    expect(result.json()).toMatchObject({ certificates: [{ serialNumber: circle.certificate.serialNumber }] });
  });

  it.each([
    [-1, '(not yet valid)'],
    [31, '(expired)'],
  ])('says what a certificate is %i days from now: %s', async (days, state) => {
    const clock = () => inDays(days);
    const { stdout } = await test.run(['cert', 'inspect', test.file('root.pem', circle.rootPem)], { clock });
    expect(stdout).toContain(state);
  });

  it('never lets a certificate move the cursor', async () => {
    const hostile = await makeCertificate(undefined, { commonName: 'a\u001b[2Jb\u202ec' });
    const { stdout } = await test.run(['cert', 'inspect', test.file('x.pem', hostile.certificatePem)]);
    expect(stdout).toContain('end entity');
    expect(stdout).not.toContain('\u001b');
    expect(stdout).not.toContain('\u202e');
  });

  it.each(unreadable)('refuses %s', async (_title, path, exitCode, message) => {
    await test.refused(['cert', 'inspect', path()], exitCode, message);
  });

  it('refuses to guess the file', async () => {
    await test.refused(['cert', 'inspect'], 2, /file/i);
  });
});

describe('qtchat cert verify', () => {
  const verifyAgainstRoot = async (fields: Partial<MemberFields>, issuer = circle): Promise<string[]> => {
    const member = await makeMember(issuer, { member: 'bob', ...fields });
    const root = test.file('root.pem', circle.rootPem);
    return ['cert', 'verify', test.file('bob.pem', member.chainPem), '--root-file', root];
  };

  it('accepts a member below the root, and one below an intermediate', async () => {
    const result = await test.run([...(await verifyAgainstRoot({})), '--json']);
    expect(result).toMatchObject({ exitCode: 0 });
    expect(result.json()).toMatchObject({
      valid: true,
      circle: { circleId: circle.circleId, member: 'bob' },
      rootFingerprintSha256: circle.certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    });
    expect(await test.run(await verifyAgainstRoot({}, await makeIntermediate(circle)))).toMatchObject({ exitCode: 0 });
  });

  it('takes the root of the home: of its CA, or else of its identity', async () => {
    await test.run(['ca', 'init', '--no-password']);
    await test.run(['cert', 'issue', 'bob', '--me', '--out', test.folder]);
    expect(await test.run(['cert', 'verify', test.at('bob.pem')])).toMatchObject({ exitCode: 0 });
    rmSync(join(test.home, 'ca'), { recursive: true });
    expect(await test.run(['cert', 'verify', test.at('bob.pem')])).toMatchObject({ exitCode: 0 });
  });

  it.each<[string, () => Promise<string[]>, RegExp]>([
    ['an expired one', () => verifyAgainstRoot({ notBefore: inDays(-3), notAfter: inDays(-1) }), /expired on/],
    ['one not valid yet', () => verifyAgainstRoot({ notBefore: inDays(1) }), /is not valid before/],
    ['one of another circle', async () => verifyAgainstRoot({}, await makeCircle()), /was not (issued by|signed with)/],
    ['a forged signature', () => verifyAgainstRoot({ signingKey: makeKey() }), /was not signed with the key/],
    [
      'one below a member that is no CA',
      async () => {
        const member = await makeMember(circle, { member: 'eve' });
        const issuer = { ...circle, ...member, intermediatesPem: member.certificatePem };
        return verifyAgainstRoot({}, issuer);
      },
      /may not issue certificates/,
    ],
  ])('refuses %s', async (_title, prepare, message) => {
    await test.refused(await prepare(), 7, message);
  });

  it('refuses without any root, and names the flag', async () => {
    await test.refused(['cert', 'verify', test.file('root.pem', circle.rootPem)], 3, /--root-file/);
  });

  it('refuses a root file with something else in it', async () => {
    const [, , file = ''] = await verifyAgainstRoot({});
    await test.refused(['cert', 'verify', file, '--root-file', file], 1, /is not one root certificate/);
    const two = test.file('two.pem', circle.rootPem + circle.rootPem);
    await test.refused(['cert', 'verify', file, '--root-file', two], 1, /is not one root certificate/);
  });

  it.each(unreadable)('refuses %s', async (_title, path, exitCode, message) => {
    await test.refused(['cert', 'verify', path()], exitCode, message);
  });
});

describe('qtchat cert list', () => {
  const members = async (...argv: string[]): Promise<string[]> => {
    const result = await test.run(['cert', 'list', '--json', ...argv]);
    return (result.json().certificates as { member: string; state: string }[]).map(
      (one) => `${one.member} ${one.state}`,
    );
  };

  it('lists what was issued, with its state', async () => {
    await test.run(['ca', 'init', '--no-password']);
    await test.run(['cert', 'issue', 'alice', '--days', '3', '--out', test.at('1')]);
    await test.run(['cert', 'issue', 'bob', '--ip', '192.168.1.7', '--out', test.at('2')]);
    await test.run(['cert', 'issue', 'bob', '--out', test.at('3'), '--replace']);
    expect(await members()).toEqual(['alice valid', 'bob revoked', 'bob valid']);
    expect(await members('--name', 'bob')).toEqual(['bob revoked', 'bob valid']);
    expect(await members('--name', 'carol')).toEqual([]);
    expect(await members('--expiring', '14d')).toEqual(['alice valid']);
    expect(await members('--expiring', '2d')).toEqual([]);
    const { stdout } = await test.run(['cert', 'list']);
    expect(stdout.split('\n')).toHaveLength(5);
    expect(stdout).toMatch(/^NAME +STATE +UNTIL +SERIAL NUMBER +FOR\n/);
    expect(stdout).toMatch(/^bob +revoked +\d{4}-\d\d-\d\d +[0-9A-F]+ +192\.168\.1\.7$/m);
    const later = await test.run(['cert', 'list', '--name', 'alice'], { clock: () => inDays(4) });
    expect(later.stdout).toContain('expired');
  });

  it('is empty for a CA that has issued nothing, and leaves no trace', async () => {
    await test.run(['ca', 'init', '--no-password']);
    const before = test.everything();
    expect(await members()).toEqual([]);
    expect(await test.run(['cert', 'list'])).toMatchObject({ exitCode: 0, stdout: '', stderr: 'No certificates\n' });
    expect(test.everything()).toEqual(before);
  });

  it.each<[string, string[], number, RegExp]>([
    ['where there is no CA', [], 3, /qtchat ca init/],
    ['a bad name', ['--name', 'Bob'], 2, /no member name/],
    ['a length of time that is none', ['--expiring', 'soon'], 2, /"soon" is no length of time/],
    ['no time at all', ['--expiring', '0d'], 2, /no length of time/],
  ])('refuses %s', async (_title, argv, exitCode, message) => {
    await test.refused(['cert', 'list', ...argv], exitCode, message);
  });

  it('says that the ledger is damaged', async () => {
    await test.run(['ca', 'init', '--no-password']);
    test.file('home/ledger.db', 'damaged '.repeat(1000));
    await test.refused(['cert', 'list'], 1, /ledger\.db/);
  });
});

describe('qtchat cert import', () => {
  const seal = (credential: TestCredential, chain: X509Certificate[], password = 'secret'): Promise<Buffer> => {
    const options = { password, friendlyName: 'bob', iterations: generatedPasswordIterations, random: randomBytes };
    return writePfx({ key: credential.key, chain: chain.map(({ raw }) => raw) }, options);
  };

  /** A `.pfx` of bob and the flags to import it; every field of his certificate can be changed. */
  async function bob(fields: Partial<MemberFields> = {}): Promise<string[]> {
    const member = await makeMember(circle, { member: 'bob', ...fields });
    return importing(test.file('bob.pfx', await seal(member, [member.certificate])));
  }

  function importing(path: string): string[] {
    const password = test.file('password', 'secret\n');
    const root = test.file('root.pem', circle.rootPem);
    return ['cert', 'import', path, '--pfx-password-file', password, '--root-file', root];
  }

  it('makes an identity, as which a home without one speaks', async () => {
    const result = await test.run(await bob());
    expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('You are now bob') });
    const identity = await loadIdentity({ folder: test.home });
    expect(identity).toMatchObject({ member: 'bob', circleId: circle.circleId, keyOrigin: 'server' });
    expect(identity.trustAnchor.fingerprint256).toBe(circle.certificate.fingerprint256);
  });

  it('leaves a home that speaks as somebody as it is', async () => {
    await test.run(['ca', 'init', '--no-password']);
    await test.run(['cert', 'issue', 'alice', '--me']);
    const result = await test.run([...(await bob()), '--json']);
    expect(result.json()).toMatchObject({ member: 'bob', keyOrigin: 'server', speaks: false });
    expect(await currentMember({ folder: test.home })).toBe('alice');
    expect(await listIdentities({ folder: test.home })).toEqual(['alice', 'bob']);
  });

  it('takes the root out of the file, and keeps intermediates', async () => {
    const intermediate = await makeIntermediate(circle);
    const member = await makeMember(intermediate, { member: 'bob' });
    const chain = [member.certificate, intermediate.certificate, circle.certificate];
    const [command, verb, path, ...password] = importing(test.file('bob.pfx', await seal(member, chain))).slice(0, 5);
    const result = await test.run([command, verb, path, ...password].filter((word) => word !== undefined));
    expect(result).toMatchObject({ exitCode: 0 });
    expect((await loadIdentity({ folder: test.home })).chain).toHaveLength(2);
  });

  it('takes what cert issue --pfx made, in the home of its CA without naming the root', async () => {
    await test.run(['ca', 'init', '--no-password']);
    const password = ['--pfx-password-file', test.file('password', 'secret')];
    await test.run(['cert', 'issue', 'bob', '--pfx', ...password, '--out', test.folder]);
    expect(await test.run(['cert', 'import', test.at('bob.pfx'), ...password])).toMatchObject({ exitCode: 0 });
    expect(await currentMember({ folder: test.home })).toBe('bob');
  });

  it('asks for the password at a terminal', async () => {
    const argv = (await bob()).filter((word) => !word.includes('password'));
    const terminal = fakeTerminal({ when: 'Password of the .pfx file', type: 'secret\r' });
    const result = await test.run(argv, { stdin: terminal.stdin, onStderr: terminal.onScreen });
    expect(result).toMatchObject({ exitCode: 0 });
  });

  it('keeps an identity of the same name, unless told with --force to put it aside', async () => {
    const argv = await bob();
    await test.run(argv);
    await test.refused(argv, 4, /exists already.*--force/);
    expect(await test.run([...argv, '--force'])).toMatchObject({ exitCode: 0 });
    expect(readdirSync(join(test.home, 'identities')).sort()).toEqual(['.bob.bak', 'bob']);
  });

  it.each<[string, () => Promise<string[]>, number, RegExp]>([
    ['a wrong password', () => bobWithPassword('Secret'), 5, /password/],
    [
      'nobody to ask for the password',
      async () => (await bob()).filter((word) => !word.includes('password')),
      2,
      /--pfx-password-file/,
    ],
    ['a missing file', async () => importing(test.at('absent.pfx')), 3, /absent\.pfx/],
    ['a certificate without its key', async () => importing(test.file('bob.pfx', circle.rootPem)), 3, /--key-file/],
    ['a key beside the one inside', async () => [...(await bob()), '--key-file', 'x'], 2, /has its key inside/],
    ['an empty file', async () => importing(test.file('bob.pfx', '')), 1, /pfx|PKCS/i],
    [
      'a file cut short',
      async () => importing(test.file('bob.pfx', (await sealedBob()).subarray(0, -9))),
      1,
      /pfx|PKCS/i,
    ],
    [
      'a certificate of another circle',
      async () => importing(test.file('bob.pfx', await strangerPfx())),
      7,
      /not (issued|signed)/,
    ],
    ['an expired certificate', () => bob({ notBefore: inDays(-3), notAfter: inDays(-1) }), 7, /expired/],
    ['a certificate without clientAuth', () => bob({ ekus: ['1.3.6.1.5.5.7.3.1'] }), 7, /lacks the clientAuth usage/],
    ['a certificate without circle name', () => bob({ uris: [] }), 1, /not that of a member/],
    ['a certificate with two names', () => bob({ uris: ['alice', 'bob'].map(uriOf) }), 1, /not that of a member/],
    ['the name of another circle', () => bob({ uris: [`qtchat://${'a'.repeat(26)}/bob`] }), 1, /not that of a member/],
    ['a name that is a path', () => bob({ uris: [uriOf('../bob')] }), 1, /expected qtchat:/],
    ['a CA', () => bob({ ca: true }), 1, /not that of a member/],
  ])('refuses %s, and leaves nothing behind', async (_title, prepare, exitCode, message) => {
    await test.refused(await prepare(), exitCode, message);
  });

  it('refuses without any root, and names the flag', async () => {
    const argv = (await bob()).slice(0, 5);
    await test.refused(argv, 3, /--root-file/);
  });

  it('leaves no identity when the home cannot say as whom it speaks', async () => {
    const argv = await bob();
    await test.run(['ca', 'init', '--no-password']);
    test.file('home/home.json', 'damaged');
    const result = await test.run(argv);
    expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('home.json') });
    expect(existsSync(join(test.home, 'identities', 'bob'))).toBe(false);
  });

  it('refuses a home it may not write to', async () => {
    const argv = await bob();
    const result = await test.run(argv, { home: join(test.file('file', ''), 'home') });
    expect(result).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringContaining('ENOTDIR') });
  });

  async function bobWithPassword(password: string): Promise<string[]> {
    const argv = await bob();
    test.file('password', password);
    return argv;
  }

  const uriOf = (member: string): string => `qtchat://${circle.circleId}/${member}`;

  async function sealedBob(): Promise<Buffer> {
    const member = await makeMember(circle, { member: 'bob' });
    return seal(member, [member.certificate]);
  }

  async function strangerPfx(): Promise<Buffer> {
    const member = await makeMember(await makeCircle(), { member: 'bob' });
    return seal(member, [member.certificate]);
  }
});
