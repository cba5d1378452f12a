/** A signer behind the socket of its home: what it signs, for whom, and what becomes of those who ask otherwise. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type SignerServer, serveSigner } from '../../../ca-server/signer/signer-server.js';
import { listAudit } from '../../../src/ledger/audit.js';
import { isSignedBy, readSignedHead } from '../../../src/ledger/audit-signature.js';
import { issueNextCrl } from '../../../src/ledger/crl.js';
import { issueMemberCertificate, reserveMember } from '../../../src/ledger/issue-member-certificate.js';
import { connectSigner, type RemoteSigner } from '../../../src/ledger/remote-signer.js';
import { abandonReservation, signingMs } from '../../../src/ledger/reservations.js';
import type { Signer } from '../../../src/ledger/signer.js';
import { encodeFrame } from '../../../src/ledger/signer-wire.js';
import { readCrl } from '../../../src/pki/read-crl.js';
import type { Home } from '../../../src/store/home.js';
import { connectSignerSocket, prepareSignerPlace, type SignerPlace } from '../../../src/store/signer-socket.js';
import { makeCircle } from '../../helpers/certificates.js';
import { makeLedger, makePublicKey, type TestLedger } from '../../helpers/ledger.js';

let test: TestLedger;
let place: SignerPlace;
let server: SignerServer;
let remote: RemoteSigner;

async function serve(signer: Signer = test.signer, home: Home = test.home): Promise<RemoteSigner> {
  place = await prepareSignerPlace(home);
  server = await serveSigner(signer, place.path);
  const connected = await connectSigner(home, test.signer.chain);
  if (connected === undefined) throw new Error('nobody listens');
  return connected;
}

async function reserve(member = 'bob'): Promise<string> {
  const request = { member, names: [], publicKey: makePublicKey(), validityDays: 1, by: 'test' };
  return (await reserveMember(test.ledger, test.signer, test.profile, request, test.deps)).serialNumber;
}

beforeEach(async () => {
  test = await makeLedger();
  remote = await serve();
});

afterEach(async () => {
  remote.close();
  await server.close();
  await place.remove();
  await test.close();
});

describe('a signer on its socket', () => {
  it('issues what the ledger has reserved', async () => {
    const request = { member: 'bob', names: [], publicKey: makePublicKey(), validityDays: 1, by: 'test' };
    const { certificate } = await issueMemberCertificate(test.ledger, remote, test.profile, request, test.deps);
    expect(certificate.verify((test.signer.chain[0] as X509Certificate).publicKey)).toBe(true);
    const crl = await issueNextCrl(test.ledger, remote, { validityDays: 7, by: 'test' }, test.deps);
    expect(readCrl(crl.content).number).toBe(BigInt(crl.number));
    const head = await readSignedHead(test.ledger);
    expect(head !== undefined && isSignedBy(remote, head)).toBe(true);
    expect(head?.sequence).toBe((await listAudit(test.ledger)).length);
  });

  it('answers many who ask at once, each with its own certificate', async () => {
    const serials = await Promise.all(Array.from({ length: 300 }, (_, index) => reserve(`m${index}`)));
    const answers = await Promise.all(serials.map((serial) => remote.issue(serial)));
    expect(answers.map((der) => new X509Certificate(der).serialNumber)).toEqual(serials);
  });

  it.each<[string, () => Promise<string>]>([
    ['was never reserved', async () => 'AB12'],
    ['was issued already', async () => (await test.issue()).certificate.serialNumber],
    [
      'was given up',
      async () => {
        const serial = await reserve();
        await abandonReservation(test.ledger, serial, 'test', test.deps);
        return serial;
      },
    ],
    [
      'was reserved too long ago',
      async () => {
        const serial = await reserve();
        test.advance(signingMs);
        return serial;
      },
    ],
  ])('signs nothing that %s', async (_title, prepare) => {
    await expect(remote.issue(await prepare())).rejects.toMatchObject({ code: 'ERR_LEDGER_NOT_FOUND' });
  });

  it.each([
    ['a member for whom no URI can be written', { member: 'Bob Smith' }],
    ['a reserved URI', { names: '[{"type":"uri","value":"qtchat://x/alice"}]' }],
    ['a profile of CAs', { profile: 'intermediate' }],
    ['a validity beyond its profile', { not_after: Date.now() + 900 * 86_400_000 }],
    ['the key of the CA', {}],
  ])('refuses what somebody has written into the ledger: %s', async (_title, change) => {
    const serial = await reserve();
    const [issuing] = test.signer.chain;
    const spki = issuing?.publicKey.export({ type: 'spki', format: 'der' }) ?? Buffer.alloc(0);
    if ('member' in change)
      await test.ledger.insertInto('member').values({ name: 'Bob Smith', created_at: 0 }).execute();
    await test.ledger
      .updateTable('certificate')
      .set(Object.keys(change).length > 0 ? change : { spki })
      .where('serial_number', '=', serial)
      .execute();
    await expect(remote.issue(serial)).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_(PKI|STORE)_/) });
  });

  it('signs no list that was not reserved, and none twice', async () => {
    const { number } = await issueNextCrl(test.ledger, remote, { validityDays: 7, by: 'test' }, test.deps);
    for (const asked of [number, number + 1]) {
      await expect(remote.issueCrl(asked)).rejects.toMatchObject({ code: 'ERR_LEDGER_NOT_FOUND' });
    }
  });

  it('sends those away who speak something else, and serves the others', async () => {
    for (const octets of [Buffer.from('GET / HTTP/1.1\r\n\r\n'), encodeFrame({ id: 1, tbs: 'AAAA' })]) {
      const stranger = await connectSignerSocket(test.home);
      stranger?.resume().write(octets);
      await once(stranger as NodeJS.EventEmitter, 'close');
    }
    const serial = await reserve();
    expect(new X509Certificate(await remote.issue(serial)).serialNumber).toBe(serial);
  });

  it('tells of a failure that nobody foresaw without its text', async () => {
    remote.close();
    await server.close();
    remote = await serve({ ...test.signer, issue: () => Promise.reject(new Error('secret')) });
    await expect(remote.issue('AB12')).rejects.toMatchObject({
      code: 'ERR_INTERNAL',
      message: expect.not.stringContaining('secret'),
    });
  });

  it('leaves nobody waiting when it ends', async () => {
    remote.close();
    await server.close();
    remote = await serve({ ...test.signer, issue: () => new Promise(() => {}) });
    const asked = remote.issue('AB12');
    const refusal = expect(asked).rejects.toMatchObject({ code: 'ERR_SIGNER_GONE' });
    await server.close();
    await refusal;
    await remote.ended;
    await expect(remote.issue('AB12')).rejects.toMatchObject({ code: 'ERR_SIGNER_GONE' });
    server = await serveSigner(test.signer, place.path);
  });

  it('is of no use for another CA', async () => {
    const { certificate } = await makeCircle();
    expect(await connectSigner(test.home, [certificate])).toBeUndefined();
  });

  it('is the only one in its home', async () => {
    await expect(prepareSignerPlace(test.home)).rejects.toMatchObject({ code: 'ERR_STORE_EXISTS', exitCode: 4 });
  });
});

describe('the place of a signer', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'qtchat-place-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is where nobody listens in a home without one, or with what a killed one left', async () => {
    expect(await connectSignerSocket({ folder })).toBeUndefined();
    writeFileSync(join(folder, 'signer.sock'), '');
    expect(await connectSignerSocket({ folder })).toBeUndefined();
    const own = await prepareSignerPlace({ folder });
    expect(existsSync(join(folder, 'signer.sock'))).toBe(false);
    await own.remove();
  });

  it('is reached through a link where the name would be too long for a socket', async () => {
    const deep = join(folder, 'x'.repeat(60), 'y'.repeat(60));
    mkdirSync(deep, { recursive: true });
    const long = await prepareSignerPlace({ folder: deep });
    expect(lstatSync(join(deep, 'signer.sock')).isSymbolicLink()).toBe(true);
    expect(lstatSync(dirname(long.path)).mode & 0o777).toBe(0o700);
    expect(await connectSignerSocket({ folder: deep })).toBeUndefined();
    const listener = createServer().listen(long.path);
    await once(listener, 'listening');
    const socket = await connectSignerSocket({ folder: deep });
    expect(socket?.destroyed).toBe(false);
    socket?.destroy();
    listener.close();
    await once(listener, 'close');
    await long.remove();
    expect([existsSync(dirname(long.path)), existsSync(join(deep, 'signer.sock'))]).toEqual([false, false]);
  });
});
