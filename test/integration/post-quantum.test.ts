/** The key agreement of connections: post-quantum wherever this Node has it, known as far as it can be, required where it is asked for. */
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, createServer, type SecureContextOptions, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { speakAs } from '../../src/store/home.js';
import type { Identity } from '../../src/store/identities.js';
import { saveIdentity } from '../../src/store/identities.js';
import { dialPeer } from '../../src/transport/dial.js';
import { offersPostQuantum } from '../../src/transport/key-agreement.js';
import { listenForPeers } from '../../src/transport/listen.js';
import { controlProtocol, secureContextOptions } from '../../src/transport/tls-options.js';
import { eventToJson } from '../../src/ui/json-lines.js';
import { describeEvent } from '../../src/ui/text/describe-event.js';
import { makeCircle, type TestCircle } from '../helpers/certificates.js';
import { Meeting } from '../helpers/conversations.js';
import { makeIdentity } from '../helpers/identity.js';
import { closeOf, dialBare, frameOf, goodHello } from '../helpers/rogue.js';
import { runCommand } from '../helpers/run-command.js';

const meeting = new Meeting();
const group = offersPostQuantum() ? 'X25519MLKEM768' : 'X25519';
let circle: TestCircle;
let alice: Identity;
let bob: Identity;

beforeAll(async () => {
  circle = await makeCircle();
  alice = await makeIdentity(circle, { member: 'alice', ips: ['127.0.0.1'] });
  bob = await makeIdentity(circle, { member: 'bob' });
});

afterEach(() => meeting.end());

describe('a connection', () => {
  it('has the best key agreement there is here; the side that dialled knows it, the other one as far as it can', async () => {
    const a = await (await meeting.at('a')).open(alice);
    const b = await (await meeting.at('b')).open(bob, { who: a.who });
    const dialling = await b.event('connected');
    expect(dialling.peer.keyAgreement).toEqual({ group, postQuantum: offersPostQuantum() });
    expect(eventToJson(dialling)).toMatchObject({ keyAgreement: { group, postQuantum: offersPostQuantum() } });
    expect(describeEvent(dialling)?.text).toContain(`TLSv1.3, ${group}, TLS_`);
    const dialled = await a.event('connected');
    const postQuantum = offersPostQuantum() ? null : false;
    expect(eventToJson(dialled)).toMatchObject({ keyAgreement: { group: null, postQuantum } });
    const known = offersPostQuantum() ? 'X25519MLKEM768 or X25519' : 'no post-quantum key agreement';
    expect(describeEvent(dialled)?.text).toContain(`TLSv1.3, ${known}, TLS_`);
  });

  it('is made with members that have no post-quantum key agreement, too', async () => {
    const a = await (await meeting.at('a')).open(alice);
    const socket = dialBare(a.door.listeningPort ?? 0, bob, { ecdhCurve: 'X25519' });
    socket.write(frameOf(goodHello));
    await a.event('connected');
    expect(socket.getEphemeralKeyInfo()).toMatchObject({ name: 'X25519' });
    socket.destroy();
  });
});

const describeWhere = (isHere: boolean) => (isHere ? describe : describe.skip);

describeWhere(!offersPostQuantum())('post-quantum key agreement that this Node does not have', () => {
  it('cannot be required, and the commands say so with 2 before anything is opened', async () => {
    const at = await meeting.at('a');
    await expect(at.open(alice, { requirePostQuantum: true })).rejects.toMatchObject({
      code: 'ERR_USAGE',
      message: expect.stringContaining(`X25519MLKEM768) cannot be required: Node.js ${process.version}`),
    });
    const home = { folder: at.home };
    await mkdir(home.folder, { recursive: true });
    await saveIdentity(home, alice, { replace: false });
    await speakAs(home, 'alice');
    for (const argv of [
      ['chat', '--listen', '127.0.0.1:0'],
      ['listen', '--save', at.home, '--listen', '127.0.0.1:0'],
      ['send', '127.0.0.1:1', 'x'],
    ]) {
      const { exitCode, stderr } = await runCommand([...argv, '--require-pq'], { home: home.folder });
      expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/^Error: post-quantum key agreement .*\n$/)]);
    }
  });
});

describeWhere(offersPostQuantum())('post-quantum key agreement that is required', () => {
  const required = { requirePostQuantum: true };
  const nothingInCommon = /no key agreement in common.*X25519MLKEM768/;

  it('is known to both sides, for files as well', async () => {
    const a = await (await meeting.at('a')).open(alice, required);
    const b = await (await meeting.at('b')).open(bob, { who: a.who, ...required });
    for (const one of [a, b]) {
      expect((await one.event('connected')).peer.keyAgreement).toEqual({ group, postQuantum: true });
    }
    await writeFile(join(b.home, 'note.txt'), 'x');
    await b.door.files.send('alice', join(b.home, 'note.txt'));
    await a.event('fileDone');
    await b.event('fileDone');
  });

  it('is agreed on with a member that does not require it', async () => {
    const a = await (await meeting.at('a')).open(alice);
    const b = await (await meeting.at('b')).open(bob, { who: a.who, ...required });
    await b.event('connected');
    await a.event('connected');
  });

  it('keeps out who does not have it, says why, and lets others in', async () => {
    const a = await (await meeting.at('a')).open(alice, required);
    const socket = dialBare(a.door.listeningPort ?? 0, bob, { ecdhCurve: 'X25519' });
    expect((await a.event('refused')).error).toMatchObject({
      code: 'ERR_PEER_REFUSED',
      message: expect.stringMatching(nothingInCommon),
    });
    socket.destroy();
    await (await meeting.at('b')).open(bob, { who: a.who });
    await a.event('connected');
  });

  it('is not given up by a dialler, which says why', async () => {
    const server = createServer({
      ...secureContextOptions(alice),
      ecdhCurve: 'X25519',
      ALPNProtocols: [controlProtocol],
    });
    server.on('tlsClientError', () => {});
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const who = `127.0.0.1:${(server.address() as AddressInfo).port}`;
      const b = await (await meeting.at('b')).open(bob, { who, giveUpWhenRefused: true, ...required });
      expect((await b.event('stopped')).error).toMatchObject({
        code: 'ERR_PEER_REFUSED',
        exitCode: 7,
        message: expect.stringMatching(nothingInCommon),
      });
    } finally {
      server.close();
    }
  });

  it('is still required after the certificate was renewed', async () => {
    const clock = (): Date => new Date();
    const refusals: string[] = [];
    const listener = await listenForPeers({
      identity: alice,
      host: '127.0.0.1',
      ports: [0],
      clock,
      onPeer: ({ socket }) => socket.destroy(),
      onRefused: ({ message }) => refusals.push(message),
      ...required,
    });
    listener.showCertificate(alice);
    const options = { identity: bob, protocol: controlProtocol, clock, signal: new AbortController().signal } as const;
    const classical: SecureContextOptions = { ...secureContextOptions(bob), ecdhCurve: 'X25519' };
    const socket: TLSSocket = connect({ ...listener.address, ...classical, ALPNProtocols: [controlProtocol] });
    await closeOf(socket.on('error', () => {}));
    (await dialPeer(listener.address, { ...options, ...required })).socket.destroy();
    await listener.close();
    expect(refusals).toEqual([expect.stringMatching(nothingInCommon)]);
  });
});
