/** `identity show`: everything about an identity of this home, without opening its key. */
import { X509Certificate } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { identityFolder } from '../../src/store/home.js';
import { makeCaHome } from '../helpers/enrollment.js';
import { makeHome, type TestHome } from '../helpers/home.js';
import { runCommand } from '../helpers/run-command.js';
import { Serving } from '../helpers/serving.js';

let test: TestHome;

beforeAll(async () => {
  test = makeHome();
  await test.run(['ca', 'init', '--no-password']);
  await test.run(['cert', 'issue', 'ally', '--me', '--dns', 'ally.example.org']);
  await test.run(['cert', 'issue', 'alice', '--me', '--ip', '192.168.1.100', '--key', 'p384']);
});
afterAll(() => test.remove());

const certificateOf = (member: string) =>
  new X509Certificate(readFileSync(join(identityFolder({ folder: test.home }, member), 'cert.pem')));

describe('qtchat identity show', () => {
  it('shows the one as whom the home speaks', async () => {
    const { serialNumber } = certificateOf('alice');
    const { stdout, exitCode, stderr } = await test.run(['identity', 'show']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^alice, as whom this home speaks\n {2}circle {6}[a-z2-7]{26}\n/);
    expect(stdout).toMatch(/^ {2}key +p384, made here, without a password$/m);
    expect(stdout).toMatch(/^ {2}names +ip:192\.168\.1\.100, uri:qtchat:\/\/[a-z2-7]{26}\/alice$/m);
    expect(stdout).toMatch(new RegExp(`^ {2}serial +${serialNumber}$`, 'm'));
    expect(stdout).toMatch(/^ {2}valid +\d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d$/m);
    expect(stdout).toMatch(/^ {2}Auto CA +not known here$/m);
    expect(stdout).toMatch(/^ {2}revoked +not known: no revocation list/m);
  });

  it('shows another by name, and what others compare with what they see', async () => {
    const shown = await test.done(['identity', 'show', 'ally']);
    const certificate = certificateOf('ally');
    expect(shown).toMatchObject({
      member: 'ally',
      speaks: false,
      keyType: 'p256',
      keyOrigin: 'local',
      hasPassword: false,
      expired: false,
      autoCa: null,
      revocationList: { freshness: 'none', thisUpdate: null },
      certificate: { serialNumber: certificate.serialNumber, circle: { member: 'ally' } },
    });
    expect(
      await test.done(['cert', 'inspect', join(identityFolder({ folder: test.home }, 'ally'), 'cert.pem')]),
    ).toMatchObject({ certificates: [{ spkiSha256: shown.spkiSha256 }] });
    const { stdout } = await test.run(['identity', 'show', 'ally']);
    const groups = String(shown.spkiSha256).slice(0, 32).match(/.{4}/g)?.join(' ');
    expect(stdout).toMatch(new RegExp(`^ {2}to compare +${groups}$`, 'm'));
  });

  it('says so when the certificate has expired', async () => {
    const clock = () => new Date('2099-01-01');
    expect((await test.run(['identity', 'show'], { clock })).stdout).toMatch(/^ {2}valid .* \(expired\)$/m);
  });

  it('knows after an enrolment who has made the key, where the Auto CA is, and how fresh the list', async () => {
    const host = await makeCaHome();
    const serving = new Serving(host);
    const guest = makeHome();
    try {
      const { tlsPort } = await serving.event('listening');
      const { stdout } = await runCommand(['autoca', 'invite', 'gus'], { home: host.folder });
      await guest.run(['enroll', '-', '--keep-server-key'], { stdin: stdout });
      const shown = await guest.run(['identity', 'show']);
      expect(shown.stdout).toMatch(/^ {2}key +p256, made by the host, who has seen it, without a password$/m);
      expect(shown.stdout).toMatch(new RegExp(`^ {2}Auto CA +.*port ${tlsPort}$`, 'm'));
      expect(await guest.done(['identity', 'show'])).toMatchObject({ revocationList: { freshness: 'fresh' } });
    } finally {
      await serving.stop();
      guest.remove();
      rmSync(host.folder, { recursive: true, force: true });
    }
  });

  it.each([
    ['somebody who is not here', 'carol', 3, /no identity "carol"/],
    ['a path', '../alice', 2, /member name/],
  ])('refuses %s', async (_what, name, exitCode, message) => {
    await test.refused(['identity', 'show', name], exitCode, message);
  });

  it('says where to begin when there is none', async () => {
    const empty = makeHome();
    await empty.refused(['identity', 'show'], 3, /qtchat enroll/);
    empty.remove();
  });
});
