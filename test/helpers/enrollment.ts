/** A host with an Auto CA, its guests, and a relay between them that may do what it likes. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Limits } from '../../ca-server/auto-ca.js';
import type { AutoCaEvent } from '../../ca-server/event.js';
import type { MembersServer } from '../../ca-server/listen-members.js';
import { type ServedHome, type ServeOptions, serveHome } from '../../ca-server/serve-home.js';
import { byInvite } from '../../src/enroll/by-invite.js';
import { type Enrolled, type EnrollOptions, enroll } from '../../src/enroll/client.js';
import { drawSecret, type ShortCode } from '../../src/enroll/code.js';
import { type InviteLine, inviteKey } from '../../src/enroll/invite.js';
import type { WayIn } from '../../src/enroll/way-in.js';
import { createCode } from '../../src/ledger/codes.js';
import { createInvite, type Invite, listInvites, type NewInvite } from '../../src/ledger/invites.js';
import { type Ledger, openLedger } from '../../src/ledger/open.js';
import { caOf } from '../../src/ledger/signer.js';
import { spkiDigest } from '../../src/pki/circle.js';
import { issueRoot } from '../../src/pki/issue.js';
import { generateKey } from '../../src/pki/key-type.js';
import { buildRootPlan } from '../../src/pki/plan.js';
import { loadCaChain, openIssuer, saveCa } from '../../src/store/ca.js';
import type { Home } from '../../src/store/home.js';
import { keysHere } from './keys-here.js';

/** Clock and random source of a test. */
export interface TestDeps {
  readonly clock: () => Date;
  readonly random: (size: number) => Buffer;
}

/** The real ones. */
export const realDeps: TestDeps = { clock: () => new Date(), random: randomBytes };

/** A home with a CA in a temporary folder. */
export async function makeCaHome(deps: TestDeps = realDeps): Promise<Home> {
  const home = { folder: await mkdtemp(join(tmpdir(), 'qtchat-host-')) };
  const key = await generateKey('p256');
  const root = await issueRoot(buildRootPlan({ name: 'Test circle', key, validityDays: 3650 }, deps), key);
  const keyPem = String(key.export({ type: 'pkcs8', format: 'pem' }));
  await saveCa(home, { keyPem, root }, { force: false });
  return home;
}

/** A host that serves, and everything about it that a test may want to see. */
export class TestHost {
  readonly events: AutoCaEvent[] = [];
  readonly home: Home;
  readonly ledger: Ledger;
  readonly deps: TestDeps;
  #served: ServedHome | undefined;
  #eventWaiters: (() => void)[] = [];

  private constructor(home: Home, ledger: Ledger, deps: TestDeps) {
    this.home = home;
    this.ledger = ledger;
    this.deps = deps;
  }

  /** @param more.tlsPort - also open a port for members; 0 takes any free one */
  static async start(
    limits: Partial<Limits> = {},
    deps: TestDeps = realDeps,
    more: Pick<ServeOptions, 'tlsPort' | 'metricsPort' | 'requireLocalKey'> = {},
  ): Promise<TestHost> {
    const home = await makeCaHome(deps);
    const host = new TestHost(home, await openLedger(home), deps);
    host.#served = await serveHome(home, {
      ca: caOf(await openIssuer(home, undefined), home, deps),
      keys: keysHere(),
      deps,
      host: '127.0.0.1',
      port: 0,
      ...more,
      limits: { closeTimeoutMs: 300, ...limits },
      log: (event) => {
        host.events.push(event);
        for (const wake of host.#eventWaiters.splice(0)) wake();
      },
    });
    return host;
  }

  get port(): number {
    return this.#served?.port ?? 0;
  }

  /** The Auto CA on its port for members. */
  get members(): MembersServer {
    if (this.#served?.members === undefined) throw new Error('the host has no port for members');
    return this.#served.members;
  }

  /** The port for metrics on this machine. */
  get metricsPort(): number {
    return this.#served?.metricsPort ?? 0;
  }

  /** A new invite; its line points to `port`, the host's own unless a relay is to stand between. */
  async invite(change: Partial<NewInvite> = {}, port = this.port): Promise<InviteLine> {
    const root = (await loadCaChain(this.home)).at(-1);
    if (root === undefined) throw new Error('the host has no root');
    const id = randomBytes(8).toString('hex');
    const secret = randomBytes(16);
    const expiresAt = new Date(this.deps.clock().getTime() + 86_400_000);
    const psk = inviteKey({ id, secret });
    const invite = { id, psk, member: 'bob', names: [], validityDays: 30, expiresAt, ...change };
    await createInvite(this.ledger, invite, this.deps);
    return { id, secret, port, addresses: ['127.0.0.1'], rootSpkiSha256: spkiDigest(root) };
  }

  /** A new short code. */
  async code(change: Partial<NewInvite> = {}): Promise<ShortCode & { readonly id: string }> {
    const id = randomBytes(8).toString('hex');
    const secret = drawSecret(randomBytes);
    const expiresAt = new Date(this.deps.clock().getTime() + 600_000);
    const psk = Buffer.from(secret);
    const invite = { id, psk, member: 'bob', names: [], validityDays: 30, expiresAt, ...change };
    return { id, secret, slot: await createCode(this.ledger, invite, this.deps) };
  }

  /** Where it serves. */
  get server(): { host: string; port: number } {
    return { host: '127.0.0.1', port: this.port };
  }

  async stateOf(invite: { readonly id: string }): Promise<Invite['state'] | undefined> {
    return (await listInvites(this.ledger)).find(({ id }) => id === invite.id)?.state;
  }

  /** The first event of that kind, also one still to come. */
  async event<Kind extends AutoCaEvent['event']>(kind: Kind): Promise<AutoCaEvent & { event: Kind }> {
    for (;;) {
      const found = this.events.find((event) => event.event === kind);
      if (found !== undefined) return found as AutoCaEvent & { event: Kind };
      await new Promise<void>((resolve) => this.#eventWaiters.push(resolve));
    }
  }

  async stop(): Promise<void> {
    await this.#served?.close();
    await this.ledger.destroy();
    await rm(this.home.folder, { recursive: true, force: true });
  }
}

/** Enrols and keeps the result in memory only. */
export async function enrollInMemory(
  way: InviteLine | WayIn,
  change: Partial<EnrollOptions> = {},
): Promise<{ enrolled: Enrolled; saved: Enrolled[] }> {
  const saved: Enrolled[] = [];
  const save = async (enrolled: Enrolled): Promise<void> => void saved.push(enrolled);
  const enrolled = await enroll('openChannel' in way ? way : byInvite(way), {
    localKey: false,
    save,
    deps: realDeps,
    ...change,
  });
  return { enrolled, saved };
}

/** Which way octets go. */
export type Direction = 'toServer' | 'toGuest';

/** Changes what passes: octets of a direction, beginning at an offset in its whole stream. */
export type Alter = (octets: Buffer, direction: Direction, offset: number) => Buffer;

/**
 * A TCP relay of the simplest kind: what one side sends goes to the other, ends become ends, and a
 * reset becomes a plain close, as with most real relays.
 */
export class Relay {
  /** Everything that went by, one entry for each connection. */
  readonly recorded: Record<Direction, Buffer[]>[] = [];
  alter: Alter = (octets) => octets;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(targetPort: number) {
    this.#server = createServer({ allowHalfOpen: true }, (guest) => {
      const target = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true });
      const record = { toServer: [], toGuest: [] };
      this.recorded.push(record);
      this.#pass(guest, target, 'toServer', record);
      this.#pass(target, guest, 'toGuest', record);
    });
  }

  static async start(targetPort: number): Promise<Relay> {
    const relay = new Relay(targetPort);
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends every connection and stops. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #pass(from: Socket, to: Socket, direction: Direction, record: Record<Direction, Buffer[]>): void {
    let offset = 0;
    this.#sockets.add(from);
    from.on('data', (octets) => {
      const passed = this.alter(Buffer.from(octets), direction, offset);
      offset += octets.length;
      record[direction].push(passed);
      if (to.writable) to.write(passed);
    });
    from.on('end', () => to.end());
    from.on('error', () => to.end());
    from.on('close', () => this.#sockets.delete(from));
  }
}
