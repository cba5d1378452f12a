/** Auto CAs found by mDNS, on loopback and on a network of the test's own. */
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { announceOnLan, findOnLan } from '../../src/enroll/lan.js';
import { packageRoot } from '../../src/package-root.js';
import { TestNetwork } from '../helpers/network.js';
import { Program, runProgram } from '../helpers/program.js';
import { describeWith } from '../helpers/require-program.js';

const host = '127.0.0.1';
const deps = { random: randomBytes };
const search = { type: 'qtchat-autoca', host, signal: new AbortController().signal } as const;
const group = '224.0.0.251';
/** As they would stand in an answer. */
const otherAddresses = Object.values(networkInterfaces())
  .flatMap((entries) => entries ?? [])
  .filter(({ family, internal }) => family === 'IPv4' && !internal)
  .map(({ address }) => Buffer.from(address.split('.').map(Number)).toString('latin1'));

/** Looks until something is found, for a loaded machine takes its time. */
async function find() {
  for (;;) {
    const found = await findOnLan({ ...search, timeMs: 300 });
    if (found.length > 0) return found;
  }
}

/** Hears and says what others do by mDNS. */
async function openSocket(): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.bind(5353);
  await once(socket, 'listening');
  socket.addMembership(group, host);
  socket.setMulticastInterface(host);
  return socket;
}

describe('Auto CAs on the local network', () => {
  it('are found while they are announced, and no longer', async () => {
    const withdraw = announceOnLan({ type: 'qtchat-autoca', port: 17_592 }, deps, { host });
    expect(await find()).toMatchObject([{ address: host, port: 17_592, said: {} }]);
    await withdraw();
    expect(await findOnLan({ ...search, timeMs: 200 })).toEqual([]);
  });

  it('name neither the machine nor its other networks', async () => {
    const socket = await openSocket();
    const heard: Buffer[] = [];
    socket.on('message', (message) => heard.push(message));
    const withdraw = announceOnLan({ type: 'qtchat-autoca', port: 17_592 }, deps, { host });
    await find();
    await withdraw();
    socket.close();
    const ours = heard.map((message) => message.toString('latin1')).filter((text) => text.includes('qtchat-autoca'));
    expect(ours.length).toBeGreaterThan(0);
    for (const text of ours) expect(text).not.toContain(hostname());
    for (const octets of otherAddresses) expect(ours.join('')).not.toContain(octets);
  });

  it('are announced nowhere without a network for that, which is said', async () => {
    const troubles: string[] = [];
    const onTrouble = (message: string) => troubles.push(message);
    const withdraw = announceOnLan({ type: 'qtchat-autoca', port: 17_592 }, deps, { host: '::1', onTrouble });
    await withdraw();
    expect(troubles).toEqual(['there is no IPv4 network here']);
    expect(await findOnLan({ ...search, host: '::1', timeMs: 1 })).toEqual([]);
  });

  it('are looked for no longer than the user wants', async () => {
    const controller = new AbortController();
    const finding = findOnLan({ ...search, timeMs: 3_600_000, signal: controller.signal });
    controller.abort();
    expect(await finding).toEqual([]);
  });

  it('are not found in what is no answer', async () => {
    const socket = await openSocket();
    const finding = findOnLan({ ...search, timeMs: 300 });
    const name = '\x0e_qtchat-autoca\x04_tcp\x05local\0';
    const answer = (data: string): Buffer => {
      const head = '\0\0\x84\0\0\0\0\x01\0\0\0\0';
      const size = String.fromCharCode(data.length >> 8, data.length & 255);
      return Buffer.from(`${head}${name}\0\x0c\0\x01\0\0\0\x78${size}${data}`, 'latin1');
    };
    const messages = [
      ...['', '\0', '\xff'.repeat(20), '\0\0\x84\0\xff\xff\0\0\0\0\0\0'].map((text) => Buffer.from(text, 'latin1')),
      ...['\0', '\xc0\x0c', '\x3f'.repeat(64), `\x01a${name}`].map(answer),
      ...Array.from({ length: 200 }, () => randomBytes(60)),
    ];
    for (const message of messages) socket.send(message, 5353, group);
    expect(await finding).toEqual([]);
    socket.close();
  });
});

describeWith('ip', 'a guest without an address', () => {
  let folder: string;
  let network: TestNetwork;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'qtchat-lan-'));
    network = new TestNetwork();
  });
  const running: Program[] = [];
  const started = (program: Program): Program => {
    running.push(program);
    return program;
  };
  afterEach(async () => {
    // Whatever a failure has left.
    for (const program of running.splice(0)) await program.stop('SIGKILL');
    network.remove();
    await rm(folder, { recursive: true, force: true });
  });

  describeWith('script', 'on a terminal', () => {
    it('finds the host of its network, and joins by a code', async () => {
      const [here, there] = network.pair('10.99.0.1', '10.99.0.2');
      const hostWorld = { home: folder, env: { QTCHAT_HOME: join(folder, 'host') }, namespace: here };
      const done = async (...argv: string[]) => {
        const result = await runProgram(argv, hostWorld);
        expect(result).toMatchObject({ exitCode: 0 });
        return result.stdout.trim();
      };
      await done('ca', 'init', '--no-password');
      const server = started(new Program(['autoca', 'serve', '--announce'], hostWorld));
      await server.waitFor(/port 17592/);
      const code = await done('autoca', 'invite', 'bob', '--code');
      const line = `'${process.execPath}' '${join(packageRoot(), 'bin/run.js')}' enroll --code`;
      const guest = started(
        new Program(`exec script --quiet --flush --return --command "${line}" /dev/null`, {
          home: folder,
          env: { QTCHAT_HOME: join(folder, 'guest'), NO_COLOR: '1' },
          namespace: there,
        }),
      );
      await guest.waitFor(/1 {2}10\.99\.0\.1:17592/);
      await guest.waitFor(/not proven by that[\s\S]*Enter for 10\.99\.0\.1:17592/);
      guest.child.stdin?.write('\r');
      await guest.waitFor(/Code \(eight digits\)/);
      guest.child.stdin?.write(`${code}\r`);
      expect(await guest.ended()).toBe(0);
      expect(guest.stdout).toMatch(/You are now bob/);
      expect(await server.stop()).toBe(0);
    }, 60_000);
  });
});
