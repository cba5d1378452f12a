/** Bodies that are too long, and requests that never end, at every route of both ports, from strangers and members. */
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Route } from '../../../ca-server/authorize/access.js';
import type { AutoCa } from '../../../ca-server/auto-ca.js';
import { closedRoutes, openRoutes } from '../../../ca-server/members-app.js';
import type { OwnCredentials } from '../../../ca-server/own-credentials.js';
import { estRoutes } from '../../../ca-server/routes/est.js';
import { requestHead, trips } from '../../../src/enroll/http.js';
import { linkPath } from '../../../src/enroll/link.js';
import { toPem } from '../../../src/pki/pem.js';
import { privateKeyToPem } from '../../../src/pki/private-key.js';
import type { Identity } from '../../../src/store/identities.js';
import { enrollInMemory, realDeps, TestHost } from '../../helpers/enrollment.js';

const nobody = {} as AutoCa;
const openOnes: Route[] = openRoutes(nobody, {} as OwnCredentials);
const memberOnes: Route[] = [...openOnes, ...closedRoutes(nobody), ...estRoutes(nobody)];

/** The beginning of a request that promises a body of that length. */
type Head = (sizeBytes: number) => string | Buffer;

const headOf =
  (method: string, path: string): Head =>
  (sizeBytes) =>
    `${method.toUpperCase()} ${path.replace('*question', 'AAAA')} HTTP/1.1\r\nHost: x\r\nContent-Length: ${sizeBytes}\r\n\r\n`;

const headsOf = (routes: readonly Route[]): Head[] => routes.map(({ method, path }) => headOf(method, path));
const guestHeads: Head[] = [
  ...Object.values(trips).map(
    ({ path }): Head =>
      (sizeBytes) =>
        requestHead(path, sizeBytes),
  ),
  ...['get', 'post'].map((method) => headOf(method, `${linkPath}${'A'.repeat(22)}`)),
  ...headsOf(openOnes),
];

describe('every route', () => {
  let host: TestHost;
  let identity: Identity;
  const sockets: Socket[] = [];

  beforeEach(async () => {
    const rates = { hellosPerSecond: 1e6, helloBurst: 1e6, openingsPerSecond: 1e6, openingBurst: 1e6 };
    const times = { headTimeoutMs: 2000, requestTimeoutMs: 2000, connectionTimeoutMs: 10_000 };
    host = await TestHost.start({ ...rates, ...times, connectionsPerAddress: 1000 }, realDeps, { tlsPort: 0 });
    ({ identity } = (await enrollInMemory(await host.invite(), { localKey: true })).enrolled);
  });

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    // Nothing of it was more than a refusal, and the next guest is served.
    expect(host.events.filter(({ event }) => event === 'failed')).toEqual([]);
    expect((await enrollInMemory(await host.invite({ member: 'last' }))).saved).toHaveLength(1);
    await host.stop();
  });

  const asGuest = async (): Promise<Socket> => connectTcp(host.port, '127.0.0.1');
  const onMembersPort = async (credentials: object): Promise<Socket> => {
    const ca = [identity.trustAnchor.toString()];
    const place = { host: '127.0.0.1', port: host.members.port, checkServerIdentity: () => undefined };
    const socket = connectTls({ ...place, ca, ...credentials });
    await once(socket, 'secureConnect');
    return socket;
  };
  const asStranger = (): Promise<Socket> => onMembersPort({});
  const asMember = (): Promise<Socket> =>
    onMembersPort({ key: privateKeyToPem(identity.privateKey), cert: toPem(...identity.chain) });

  /** Everything that is answered until the server closes. */
  async function answerTo(connection: Promise<Socket>, ...octets: (string | Buffer)[]): Promise<string> {
    const socket = await connection;
    sockets.push(socket);
    const chunks: Buffer[] = [];
    socket.on('error', () => {}).on('data', (chunk: Buffer) => chunks.push(chunk));
    const closed = once(socket, 'close');
    for (const part of octets) socket.write(part);
    await closed;
    return Buffer.concat(chunks).toString('latin1');
  }

  /** Every route, from everybody who can reach it. */
  const askers: [() => Promise<Socket>, Head][] = [
    ...guestHeads.map((head): [() => Promise<Socket>, Head] => [asGuest, head]),
    ...headsOf(memberOnes).flatMap((head): [() => Promise<Socket>, Head][] => [
      [asStranger, head],
      [asMember, head],
    ]),
  ];

  function expectRefusal(answer: string): void {
    // A server that closes while octets still come may take its answer back: then there is none.
    if (answer !== '') expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(answer.length).toBeLessThan(10_000);
  }

  it('refuses a body over any limit, without reading it', async () => {
    const body = Buffer.alloc(65_536);
    for (const answer of await Promise.all(askers.map(([from, head]) => answerTo(from(), head(1e9), body)))) {
      // The page of a link shows itself to whoever asks.
      if (!answer.includes('text/html')) expectRefusal(answer);
    }
  });

  it('cuts off a request that never ends', async () => {
    const sizes = [...new Set(Object.values(trips).flatMap(({ requestSizesBytes }) => requestSizesBytes))];
    const answers = [
      ...askers.map(([from, head]) => answerTo(from(), head(10), 'x')),
      ...guestHeads.flatMap((head) => sizes.map((size) => answerTo(asGuest(), head(size), 'x'))),
    ];
    for (const answer of await Promise.all(answers)) if (!answer.includes('text/html')) expectRefusal(answer);
  });

  it('cuts off who stops within the head', async () => {
    for (const answer of await Promise.all(askers.map(([from, head]) => answerTo(from(), head(10).slice(0, 30))))) {
      expectRefusal(answer);
    }
  });
});
