/**
 * Lets members find us by name while we listen: on the local network, and in the Auto CA's directory. Follows the
 * machine to other networks, and takes back what was said in the end.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { reachableAddresses } from '../enroll/addresses.js';
import { tellDirectory } from '../enroll/directory-client.js';
import type { Lan } from '../enroll/lan.js';
import { isListable } from '../enroll/listed-hosts.js';
import { withAutoCa } from '../enroll/own-auto-ca.js';
import { isQTChatError, QTChatError } from '../errors.js';
import type { Home } from '../store/home.js';
import type { AutoCaPlace, Identity } from '../store/identities.js';
import { lanTag } from './lan-tag.js';

/** Where we can be found by name. */
export interface AnnouncedState {
  readonly onLan: boolean;
  readonly inDirectory: boolean;
  /** Why not there: of the two, the first that has trouble. */
  readonly error?: QTChatError;
}

/** What announcing takes. */
export interface AnnounceOptions {
  readonly home: Home;
  /** Its certificate may be renewed in between. */
  readonly identity: () => Identity;
  readonly lan: Lan | undefined;
  /** The one address that we listen on; undefined or a wildcard for all. */
  readonly host: string | undefined;
  readonly port: number;
  readonly signal: AbortSignal;
  /** Told at the start, and whenever it has changed. */
  readonly onState: (state: AnnouncedState) => void;
  /** How often to look whether the machine has moved. */
  readonly intervalMs?: number;
  /** Where it is now; asks the operating system when left out. */
  readonly reachable?: () => readonly string[];
}

const defaultIntervalMs = 60_000;
/** The directory forgets within the hour. */
const saidAgainMs = 20 * 60_000;
/** Taking it back must not hold up who wants to leave. */
const farewellMs = 1_000;

/** Announces until `signal` aborts; nothing is said any more when this resolves. */
export async function announce(options: AnnounceOptions): Promise<void> {
  const { signal, intervalMs = defaultIntervalMs, reachable = () => reachableAddresses(options.host) } = options;
  const lan = new LanAnnouncement(options);
  const directory = new DirectoryEntry(options);
  let told = '';
  while (!signal.aborted) {
    const hosts = reachable();
    await lan.follow(hosts);
    await directory.follow(hosts);
    const error = lan.error ?? directory.error;
    const state = { onLan: lan.isSaid, inDirectory: directory.isSaid, ...(error && { error }) };
    const summary = JSON.stringify({ ...state, error: error?.message });
    if (summary !== told && !signal.aborted) options.onState(state);
    told = summary;
    await sleep(intervalMs, undefined, { signal, ref: false }).catch(() => {});
  }
  await Promise.all([lan.withdraw(), directory.withdraw()]);
}

class LanAnnouncement {
  readonly #options: AnnounceOptions;
  #withdraw: (() => Promise<void>) | undefined;
  #hosts = '';
  error: QTChatError | undefined;

  constructor(options: AnnounceOptions) {
    this.#options = options;
  }

  get isSaid(): boolean {
    return this.#withdraw !== undefined && this.error === undefined;
  }

  async follow(hosts: readonly string[]): Promise<void> {
    const { lan, host, port, identity } = this.#options;
    if (lan === undefined || this.#hosts === hosts.join()) return;
    await this.withdraw();
    this.#hosts = hosts.join();
    this.error = undefined;
    const { trustAnchor, member } = identity();
    const say = (name: string): Record<string, string> => ({ id: lanTag(trustAnchor, name, member) });
    const onTrouble = (message: string): void => {
      this.error = new QTChatError('ERR_ADDRESS_UNAVAILABLE', `cannot announce on the local network: ${message}`);
    };
    this.#withdraw = await lan.announce({ type: 'qtchat', port, say }, { host, onTrouble });
  }

  async withdraw(): Promise<void> {
    await this.#withdraw?.();
    this.#withdraw = undefined;
  }
}

class DirectoryEntry {
  readonly #options: AnnounceOptions;
  #hosts = '';
  #saidAt = Number.NEGATIVE_INFINITY;
  #place: AutoCaPlace | undefined;
  isSaid = false;
  error: QTChatError | undefined;

  constructor(options: AnnounceOptions) {
    this.#options = options;
  }

  async follow(reachable: readonly string[]): Promise<void> {
    const { home, identity, port, signal } = this.#options;
    const hosts = reachable.filter(isListable);
    if (hosts.join() === this.#hosts && performance.now() - this.#saidAt < saidAgainMs) return;
    try {
      const { autoCa } = await withAutoCa(home, identity());
      this.#place = autoCa;
      if (autoCa === undefined) return;
      this.isSaid = await tellDirectory(autoCa, { port, hosts }, identity(), signal);
      this.#hosts = hosts.join();
      this.#saidAt = performance.now();
      this.error = undefined;
    } catch (error) {
      if (!isQTChatError(error)) throw error;
      // What was said before still holds for a while.
      this.error = error;
    }
  }

  async withdraw(): Promise<void> {
    const { identity, port } = this.#options;
    if (!this.isSaid || this.#place === undefined) return;
    try {
      await tellDirectory(this.#place, { port, hosts: [] }, identity(), AbortSignal.timeout(farewellMs));
    } catch (error) {
      // It forgets by itself.
      if (!isQTChatError(error)) throw error;
    }
  }
}
