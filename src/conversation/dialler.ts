/**
 * Keeps dialling one target until it is here: every address in order, again and again with growing
 * pauses, resting while the target is connected, whoever dialled. Asks or gives up where the member
 * found is not tied to what was typed.
 */
import { isQTChatError, QTChatError, quote } from '../errors.js';
import type { ContactBook, PeerAddress } from '../store/contacts.js';
import { type DialOptions, dialPeer } from '../transport/dial.js';
import type { PeerIdentity } from '../transport/identify-peer.js';
import type { PeerConnection } from '../transport/peer-connection.js';
import { controlProtocol } from '../transport/tls-options.js';
import { explainUnknownName, type Target } from './resolve-who.js';
import type { Timers } from './timers.js';
import { judgeFound } from './trust.js';

/** What a {@link TargetDialler} needs. */
export interface TargetDiallerOptions {
  readonly target: Target;
  readonly contacts: ContactBook;
  readonly circleId: string;
  /** As whom we dial now, and whom we believe. */
  readonly trust: () => Omit<DialOptions, 'protocol' | 'signal'>;
  readonly timers: Timers;
  readonly random: (size: number) => Buffer;
  readonly signal: AbortSignal;
  readonly giveUpWhenRefused: boolean;
  readonly confirmPeer?: (peer: PeerIdentity, who: string, signal: AbortSignal) => Promise<boolean>;
  /** Looks for a member elsewhere; what it finds proves nothing. */
  readonly seek: (member: string, signal: AbortSignal) => AsyncIterable<PeerAddress>;
  readonly isConnected: () => boolean;
  /** Resolves when the session is up; rejects when it never was. */
  readonly adopt: (connection: PeerConnection) => Promise<void>;
  /** Called once, when the address dialled turns out to be our own. */
  readonly onOwnAddress: () => void;
  /** Called when the target was not reached, once for every new reason. */
  readonly onWaiting: (reason: QTChatError | undefined) => void;
  /** Called at most once, when dialling has ended for good. */
  readonly onStopped: (error: QTChatError) => void;
}

const attemptTimeoutMs = 5_000;
const firstPauseMs = 500;
// Two connection attempts in five seconds are nothing to a network, and a long wait to people.
const longestPauseMs = 5_000;
// Looking around asks others, who have better things to do.
const seekPauseMs = 15_000;
// Whoever likes to be found in its place must not keep us from where it was.
const soughtAtOnce = 4;
const holdOffMs = 10 * 60_000;

/** Keeps dialling one target. */
export class TargetDialler {
  readonly #options: TargetDiallerOptions;
  #isOwnAddress = false;
  #lastReason: string | undefined;
  #heldUntil = Number.NEGATIVE_INFINITY;
  #soughtAt = Number.NEGATIVE_INFINITY;
  #seeking: Promise<void> = Promise.resolve();
  /** Where the member may be, as others say, and has not been dialled. */
  #sought: PeerAddress[] = [];
  #wake: () => void = () => {};

  constructor(options: TargetDiallerOptions) {
    this.#options = options;
  }

  /** Says that somebody has come or gone. */
  notify(): void {
    this.#wake();
  }

  /** Leaves the target alone for a while, which has had enough of us. */
  holdOff(): void {
    this.#heldUntil = this.#options.timers.now() + holdOffMs;
  }

  /** Dials until `signal` aborts or there is a reason to give up. */
  async run(): Promise<void> {
    try {
      await this.#run();
    } finally {
      await this.#seeking;
    }
  }

  async #run(): Promise<void> {
    const { signal, timers, isConnected, onStopped, onWaiting } = this.#options;
    let pauseMs = firstPauseMs;
    let connectedAt: number | undefined;
    onWaiting(undefined);
    while (!signal.aborted) {
      if (isConnected()) {
        this.#lastReason = undefined;
        this.#sought = [];
        this.#soughtAt = Number.NEGATIVE_INFINITY;
        connectedAt ??= timers.now();
        await this.#rest(undefined);
        continue;
      }
      const heldMs = this.#heldUntil - timers.now();
      if (heldMs > 0) {
        await this.#rest(heldMs);
        continue;
      }
      if (connectedAt !== undefined) {
        const isSteady = timers.now() - connectedAt >= longestPauseMs;
        connectedAt = undefined;
        if (isSteady) pauseMs = firstPauseMs;
        // What breaks as soon as it is up is not to be dialled in a tight loop.
        else {
          await this.#rest(this.#jittered(pauseMs));
          pauseMs = Math.min(pauseMs * 2, longestPauseMs);
          continue;
        }
      }
      const failure = await this.#tryAll();
      if (signal.aborted || isConnected()) continue;
      if (failure !== undefined && this.#isFatal(failure)) {
        onStopped(failure);
        return;
      }
      this.#report(failure);
      // Found while the rest was tried.
      if (this.#sought.length > 0) continue;
      await this.#rest(this.#jittered(pauseMs));
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    }
  }

  async #tryAll(): Promise<QTChatError | undefined> {
    const { target, signal, isConnected } = this.#options;
    let failure: QTChatError | undefined;
    const unconfirmed: { address: PeerAddress; peer: PeerIdentity }[] = [];
    for (const address of target.addresses) {
      if (signal.aborted || isConnected()) return undefined;
      try {
        const peer = await this.#try(address);
        if (peer === undefined) return undefined;
        unconfirmed.push({ address, peer });
      } catch (error) {
        if (!(error instanceof QTChatError)) throw error;
        if (isQTChatError(error, 'ERR_PEER_IS_OURSELVES')) this.#noteOwnAddress();
        if (failure === undefined || weight(error) > weight(failure)) failure = explainUnknownName(error, target);
      }
    }
    this.#seek();
    // A member that has yet to be found is not to be taken for the one who happens to be there.
    if (unconfirmed.length > 0) await this.#seeking;
    try {
      if (await this.#trySought()) return undefined;
    } catch (error) {
      if (!(error instanceof QTChatError)) throw error;
      return error;
    }
    const [found] = unconfirmed;
    // Another member at our own address will dial us; nothing was typed that could mean it.
    if (found === undefined || this.#isOwnAddress) return failure;
    return this.#confirm(found.peer, found.address);
  }

  /** Looks for the member elsewhere, while it is dialled where it was. */
  #seek(): void {
    const { target, signal, timers, seek } = this.#options;
    const { seek: member, addresses } = target;
    if (member === undefined || timers.now() - this.#soughtAt < seekPauseMs) return;
    this.#soughtAt = timers.now();
    const isTried = ({ host, port }: PeerAddress) => addresses.some((one) => one.host === host && one.port === port);
    const look = async (): Promise<void> => {
      for await (const address of seek(member, signal)) {
        if (!isTried(address)) this.#sought.push(address);
        this.#wake();
      }
    };
    this.#seeking = this.#seeking.then(look);
    // Whoever waits for it hears of its failure; it is none before.
    this.#seeking.catch(() => {});
  }

  /**
   * Dials where the member may be, as others say.
   *
   * @returns whether it is here now
   * @throws {QTChatError} what the member itself has answered with; whatever others do there is nothing
   */
  async #trySought(): Promise<boolean> {
    const { target, signal, isConnected, adopt } = this.#options;
    for (const address of this.#sought.splice(0, soughtAtOnce)) {
      if (signal.aborted || isConnected()) return true;
      const connection = await this.#dial(address).catch((error: unknown) => {
        if (error instanceof QTChatError) return undefined;
        throw error;
      });
      if (connection?.peer.member === target.seek && connection !== undefined) {
        await adopt(connection);
        return true;
      }
      connection?.socket.destroy();
    }
    return false;
  }

  /** Dials one address; resolves with the member found there when it must be confirmed first. */
  async #try(address: PeerAddress): Promise<PeerIdentity | undefined> {
    const { target, contacts, circleId, adopt } = this.#options;
    const connection = await this.#dial(address);
    const { peer, socket } = connection;
    const decision = judgeFound(peer, target, await contacts.lastConfirmedAt(circleId, address));
    if (decision === 'trusted') {
      await adopt(connection);
      return undefined;
    }
    socket.destroy();
    if (decision === 'confirm') return peer;
    throw new QTChatError('ERR_PEER_UNREACHABLE', `${quote(peer.member)} is there instead`);
  }

  #dial(address: PeerAddress): Promise<PeerConnection> {
    const { trust, signal } = this.#options;
    return dialPeer(address, { ...trust(), signal, protocol: controlProtocol, timeoutMs: attemptTimeoutMs });
  }

  async #confirm(peer: PeerIdentity, address: PeerAddress): Promise<QTChatError | undefined> {
    const { target, contacts, circleId, confirmPeer, signal } = this.#options;
    if (!(await confirmPeer?.(peer, target.who, signal))) {
      const message = `${quote(target.who)} answers as ${quote(peer.member)}, whose certificate does not name that address`;
      return new QTChatError('ERR_PEER_NOT_TRUSTED', message, {
        hint: `If that is the one you mean, say so once on a terminal: qtchat chat --peer ${target.who}`,
      });
    }
    await contacts.save({ member: peer.member, circleId, addresses: [address] });
    await contacts.confirmAddress(circleId, peer.member, address);
    await this.#try(address);
    return undefined;
  }

  #noteOwnAddress(): void {
    if (this.#isOwnAddress) return;
    this.#isOwnAddress = true;
    this.#options.onOwnAddress();
  }

  #isFatal(failure: QTChatError): boolean {
    if (failure.code === 'ERR_PEER_NOT_TRUSTED' || failure.code === 'ERR_PEER_BLOCKED') return true;
    return this.#options.giveUpWhenRefused && failure.code === 'ERR_PEER_REFUSED';
  }

  #report(failure: QTChatError | undefined): void {
    const reason = failure?.code === 'ERR_PEER_IS_OURSELVES' ? undefined : failure;
    if ((reason?.message ?? '') === (this.#lastReason ?? '')) return;
    this.#lastReason = reason?.message;
    this.#options.onWaiting(reason);
  }

  // Two sides that were cut off at the same moment must not dial in step for ever.
  #jittered(pauseMs: number): number {
    return pauseMs * (0.75 + this.#options.random(1).readUInt8() / 512);
  }

  /** Waits for the time to pass, for the target to come or go, for another address of it, or for the end. */
  #rest(pauseMs: number | undefined): Promise<void> {
    const { signal, timers, isConnected } = this.#options;
    if (signal.aborted) return Promise.resolve();
    const wasConnected = isConnected();
    return new Promise((resolve) => {
      const end = (): void => {
        callOff();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const callOff = pauseMs === undefined ? () => {} : timers.after(pauseMs, end);
      signal.addEventListener('abort', end, { once: true });
      this.#wake = () => {
        if (isConnected() !== wasConnected || this.#sought.length > 0) end();
      };
    });
  }
}

// The most telling of several failures: that nobody listens on the second port explains nothing.
function weight(error: QTChatError): number {
  const order = [
    'ERR_PEER_UNREACHABLE',
    'ERR_PEER_IS_OURSELVES',
    'ERR_PROTOCOL',
    'ERR_PEER_REFUSED',
    'ERR_PEER_NOT_TRUSTED',
    'ERR_PEER_BLOCKED',
  ];
  return order.indexOf(error.code);
}
