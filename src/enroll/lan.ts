/**
 * Finds services of ours on the local network by mDNS (RFC 6762, RFC 6763), and lets others find ours. What is found
 * was said by whoever likes to answer: it saves typing an address, and proves nothing. Announcements name nobody:
 * not the machine, not its user, not the circle.
 */
import type { EventEmitter } from 'node:events';
import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Bonjour, type Service, type ServiceConfig } from 'bonjour-service';
import { messageOf } from '../errors.js';

/** What can be found: an Auto CA, or a member who listens. */
export type LanService = 'qtchat-autoca' | 'qtchat';

/** What is announced. */
export interface Announcement {
  readonly type: LanService;
  readonly port: number;
  /** Said along with it; `name` is the random one under which it is announced. */
  readonly say?: (name: string) => Readonly<Record<string, string>>;
}

/** A service as it answered. */
export interface FoundOnLan {
  /** The IPv4 address that the answer came from. */
  readonly address: string;
  readonly port: number;
  /** Under which it is announced. */
  readonly name: string;
  /** What it says along with it. */
  readonly said: Readonly<Record<string, unknown>>;
}

/** On which network to speak. */
export interface LanOptions {
  /** The one address that we serve on; every network, but not loopback, when undefined or a wildcard. */
  readonly host?: string | undefined;
  /** Told of what the operating system refuses; there is no mDNS on that network then. */
  readonly onTrouble?: (message: string) => void;
}

/** How to look. */
export interface LanSearch extends LanOptions {
  readonly type: LanService;
  readonly timeMs: number;
  readonly signal: AbortSignal;
  /** Whether something that answers is meant: no more is looked for then, but what answers at the same moment. */
  readonly isMeant?: (found: FoundOnLan) => boolean;
}

/** The local network, or what a test puts in its place. */
export interface Lan {
  /** {@link announceOnLan}. */
  announce(announcement: Announcement, options?: LanOptions): Promise<() => Promise<void>>;
  /** {@link findOnLan}. */
  find(search: LanSearch): Promise<readonly FoundOnLan[]>;
}

const nameSizeBytes = 8;
/** More are not shown: no network of people has as many, and who floods us is not to fill the screen. */
const foundLimit = 16;
/** Others may answer under the same name, whoever they are: the right one is as quick as they are. */
const momentMs = 100;

/**
 * Announces a service on every network of this machine, until the returned function is called.
 *
 * @param random - for names that nobody recognizes
 */
export function announceOnLan(
  { type, port, say }: Announcement,
  { random }: { readonly random: (size: number) => Buffer },
  options: LanOptions = {},
): () => Promise<void> {
  const speakers = speakersOf(options, (speaker, address) => {
    const name = random(nameSizeBytes).toString('hex');
    // Its own choice for the host would be the name of the machine.
    const config: ServiceConfig = {
      name,
      type,
      port,
      host: `${name}.local`,
      disableIPv6: true,
      txt: { ...say?.(name) },
    };
    const service = speaker.publish(config);
    // Its own choice would be the addresses on all networks, told to each of them.
    const all = service.records.bind(service);
    service.records = () => all().filter(({ type, data }) => type !== 'A' || data === address);
  });
  return async () => {
    for (const speaker of speakers) {
      await new Promise<void>((resolve) => speaker.unpublishAll(() => speaker.destroy(() => resolve())));
    }
  };
}

/** The services that answer in time, in the order of their answers. An aborted search has found what it has found. */
export async function findOnLan({ type, timeMs, signal, isMeant, ...options }: LanSearch): Promise<FoundOnLan[]> {
  const found = new Map<string, FoundOnLan>();
  const enough = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const speakers = speakersOf(options, (speaker) => {
    speaker.find({ type }, (service) => {
      const one = readService(service);
      if (one === undefined || found.size >= foundLimit || isMeant?.(one) === false) return;
      found.set(`${one.address}:${one.port}`, one);
      if (isMeant !== undefined) timer ??= setTimeout(() => enough.abort(), momentMs);
    });
  });
  await sleep(timeMs, undefined, { signal: AbortSignal.any([signal, enough.signal]) }).catch(() => {});
  clearTimeout(timer);
  await Promise.all(speakers.map((speaker) => new Promise<void>((resolve) => speaker.destroy(() => resolve()))));
  return [...found.values()];
}

function readService({ port, referer, name, txt }: Service): FoundOnLan | undefined {
  const address = referer?.address ?? '';
  if (!isIPv4(address) || !(port > 0 && port < 65_536)) return undefined;
  return { address, port, name: String(name), said: typeof txt === 'object' && txt !== null ? txt : {} };
}

function speakersOf(
  { host, onTrouble = () => {} }: LanOptions,
  begin: (speaker: Bonjour, address: string) => void,
): Bonjour[] {
  const addresses = lanAddresses(host);
  if (addresses.length === 0) onTrouble('there is no IPv4 network here');
  return addresses.map((address) => {
    const tell = (error: unknown): void => onTrouble(messageOf(error));
    // Bound to one address, a socket would not hear what is said to all: it speaks on one interface, and hears on any.
    const config = { interface: address, bind: '0.0.0.0' } as Partial<ServiceConfig>;
    const speaker = new Bonjour(config, tell);
    // It throws for want of somebody to tell: a port that another program keeps to itself must not end ours.
    const { mdns } = (speaker as unknown as { server: { mdns: EventEmitter } }).server;
    mdns.on('error', tell);
    begin(speaker, address);
    return speaker;
  });
}

/** One IPv4 address of every network to speak on. */
function lanAddresses(host: string | undefined): string[] {
  if (host !== undefined && host !== '0.0.0.0' && host !== '::') return isIPv4(host) ? [host] : [];
  return Object.values(networkInterfaces()).flatMap((entries) => {
    const entry = entries?.find(({ family, internal }) => family === 'IPv4' && !internal);
    return entry === undefined ? [] : [entry.address];
  });
}
