import { once } from 'node:events';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeCircle, makeMember } from '../helpers/certificates.js';
import { makeHome, type TestHome } from '../helpers/home.js';
import type { CommandWorld } from '../helpers/run-command.js';

let home: TestHome;
beforeEach(async () => {
  home = makeHome();
  await run('ca', 'init', '--no-password');
  await run('cert', 'issue', 'bob', '--ip', '192.168.1.100', '--out', home.folder);
});
afterEach(() => home.remove());

async function run(...argv: string[]): Promise<void> {
  expect(await home.run(argv)).toMatchObject({ exitCode: 0 });
}

type Finding = { about: string; message: string; repair: string };

/** Runs doctor; what it found. */
async function doctor(argv: readonly string[], world?: Partial<CommandWorld>): Promise<Finding[]> {
  const before = home.everything();
  const result = await home.run(['doctor', ...argv, '--json'], world);
  expect(home.everything()).toEqual(before);
  const { healthy, findings } = result.json() as unknown as { healthy: boolean; findings: Finding[] };
  expect({ exitCode: result.exitCode, healthy }).toEqual(
    findings.length === 0 ? { exitCode: 0, healthy: true } : { exitCode: 7, healthy: false },
  );
  return findings;
}

const daysFromNow = (days: number) => ({ clock: () => new Date(Date.now() + days * 86_400_000) });

describe('doctor', () => {
  it('finds nothing wrong with what we issue', async () => {
    expect(await doctor([home.at('bob.pem'), '--key-file', home.at('bob.key')])).toEqual([]);
    expect(await home.run(['doctor', home.at('bob.pem')])).toMatchObject({ stdout: 'Nothing wrong was found\n' });
  });

  it('says in a sentence what is wrong, and the command that repairs it', async () => {
    await run('cert', 'revoke', 'bob');
    const { exitCode, stdout } = await home.run(['doctor', home.at('bob.pem')]);
    expect(exitCode).toBe(7);
    expect(stdout).toMatch(
      /^revocation +the certificate of "bob" was revoked on .*\n +Repair: take the one that is valid \(qtchat cert list --name bob\), or, if none is, qtchat cert issue bob\n$/,
    );
  });

  it.each<[string, number, string]>([
    ['expired', 400, 'qtchat cert renew bob'],
    ['not valid before', -2, "set this machine's clock (date), or wait"],
  ])('finds what is %s, by the clock', async (reason, days, repair) => {
    const findings = await doctor([home.at('bob.pem')], daysFromNow(days));
    expect(findings).toContainEqual({ about: 'clock', message: expect.stringContaining(reason), repair });
  });

  it('finds a key that belongs to another certificate', async () => {
    await run('cert', 'issue', 'eve', '--out', home.folder);
    const findings = await doctor([home.at('bob.pem'), '--key-file', home.at('eve.key')]);
    expect(findings).toMatchObject([{ about: 'key', message: expect.stringMatching(/is not that of/) }]);
  });

  it('finds keys and .pfx files that others may read, and gives the command for the very file', async () => {
    chmodSync(home.at('bob.key'), 0o644);
    const findings = await doctor([home.at('bob.pem'), '--key-file', home.at('bob.key')]);
    expect(findings).toMatchObject([{ about: 'permissions', repair: `chmod 600 "${home.at('bob.key')}"` }]);
  });

  it('finds a certificate of another circle, and one of no circle that is known here', async () => {
    const circle = await makeCircle();
    const { certificatePem } = await makeMember(circle, { member: 'eve' });
    expect(await doctor([home.file('eve.pem', certificatePem)])).toMatchObject([{ about: 'chain' }]);
    const nowhere = { home: home.at('nowhere') };
    expect(await doctor([home.at('eve.pem')], nowhere)).toMatchObject([
      { about: 'chain', message: expect.stringMatching(/no root/), repair: expect.stringMatching(/--root-file/) },
    ]);
  });

  it.each(['server', 'client', 'ocsp'])('finds nothing wrong with a certificate of the profile %s', async (profile) => {
    await run('cert', 'issue', 'nas', '--profile', profile, '--dns', 'nas.example.org', '--out', home.folder);
    expect(await doctor([home.at('nas.pem'), '--key-file', home.at('nas.key')])).toEqual([]);
  });

  it('finds a usage that members need and a key that is too weak', async () => {
    const circle = await makeCircle();
    const root = ['--root-file', home.file('root.pem', circle.rootPem)];
    const { certificatePem } = await makeMember(circle, { member: 'eve', ekus: ['1.3.6.1.5.5.7.3.3'] });
    expect(await doctor([home.file('eve.pem', certificatePem), ...root])).toMatchObject([
      { about: 'usage', message: expect.stringMatching(/serverAuth/) },
      { about: 'usage', message: expect.stringMatching(/clientAuth/) },
    ]);
    const weak = await makeMember(circle, { member: 'mallory', keyType: 'rsa1024' });
    expect(await doctor([home.file('mallory.pem', weak.certificatePem), ...root])).toMatchObject([{ about: 'key' }]);
  });

  it.each(['bob.pem', 'bob.csr', 'bob.pfx'])('finds a damaged file, %s', async (name) => {
    await run('cert', 'request', 'bob', '--out', home.folder);
    home.file('secret', 'secret\n');
    const secret = ['--pfx-password-file', home.at('secret')];
    const files = ['--cert-file', home.at('bob.pem'), '--key-file', home.at('bob.key'), '--out', home.at('bob.pfx')];
    await run('cert', 'export', 'bob', '--pfx', ...files, ...secret);
    const content = readFileSync(home.at(name));
    // In the middle of the signature, where base64 stays base64 and DER stays DER.
    const place = name === 'bob.pfx' ? content.length - 60 : content.lastIndexOf('\n', content.length - 60) - 20;
    content.write(content.toString('latin1', place, place + 1) === 'A' ? 'B' : 'A', place, 'latin1');
    writeFileSync(home.at(name), content);
    expect(await doctor([home.at(name), ...secret])).toMatchObject([{ about: name === 'bob.pem' ? 'chain' : 'form' }]);
  });

  it('finds a list that has ended, and one of another CA', async () => {
    await run('ca', 'crl', '--out', home.at('crl.pem'));
    expect(await doctor([home.at('crl.pem')])).toEqual([]);
    expect(await doctor([home.at('crl.pem')], daysFromNow(8))).toMatchObject([{ about: 'clock' }]);
    const circle = await makeCircle();
    const root = ['--root-file', home.file('other.pem', circle.rootPem)];
    expect(await doctor([home.at('crl.pem'), ...root])).toMatchObject([{ about: 'chain' }]);
  });

  it('finds nothing wrong with the list and the members of an intermediate CA', async () => {
    await run('ca', 'init', '--no-password', '--intermediate', '--force');
    await run('cert', 'issue', 'ann', '--out', home.folder);
    await run('ca', 'crl', '--out', home.at('crl.pem'));
    expect(await doctor([home.at('crl.pem')])).toEqual([]);
    expect(await doctor([home.at('ann.pem'), '--crl-file', home.at('crl.pem')])).toEqual([]);
  });

  it('finds a server whose certificate is not for the address it is reached at', async () => {
    const server = createServer({ cert: readFileSync(home.at('bob.pem')), key: readFileSync(home.at('bob.key')) });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const findings = await doctor([`127.0.0.1:${port}`]);
      expect(findings).toMatchObject([{ about: 'name', message: expect.stringMatching(/not for "127\.0\.0\.1"/) }]);
    } finally {
      server.close();
    }
  });

  it('fails when there is nothing to look at', async () => {
    expect(await home.run(['doctor', home.at('nobody.pem')])).toMatchObject({ exitCode: 3, stdout: '' });
    expect(await home.run(['doctor', '127.0.0.1:1'])).toMatchObject({ exitCode: 6, stdout: '' });
    home.file('bob.pfx', 'x');
    expect(await home.run(['doctor'])).toMatchObject({ exitCode: 2 });
  });
});
