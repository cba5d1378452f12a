/**
 * Files over one control session: offers, answers, and the transfers they lead to. The content goes
 * over a stream of its own that `connect` provides. Knows no sockets and no screen. A transfer lives no
 * longer than its session; what broke off goes on with another, which the receiver takes unasked.
 */
import { basename } from 'node:path';
import type { Duplex } from 'node:stream';
import { QTChatError } from '../errors.js';
import { transferIdBytes } from '../protocol/file-stream.js';
import type { DeclineReason, FailureReason, Message, MessageOf } from '../protocol/messages.js';
import type { DownloadFolder } from '../store/downloads.js';
import type { WantedFile } from '../store/part-map.js';
import type { Arrival, FileDescription, FileEvent, OfferDecision } from './file-events.js';
import { isSafeFileName } from './file-name.js';
import { ProgressMeter } from './progress-meter.js';
import { receiveTransfer } from './receive-transfer.js';
import { sendTransfer } from './send-transfer.js';
import { lookAtSource } from './source.js';
import {
  failureOf,
  type IncomingTransfer,
  isFinal,
  type OnProgress,
  type OutgoingFile,
  type OutgoingTransfer,
  proofOf,
  reasonOf,
  type Transfer,
} from './transfer.js';

/** What a file session needs. */
export interface FileSessionOptions {
  /** Whether this side dialled the control connection and so dials the file connections. */
  readonly dialled: boolean;
  /** Circle and member of the peer. */
  readonly peer: string;
  /** Opens the stream of a transfer (dialled), or waits for it. Called once a transfer. */
  readonly connect: (id: string, signal: AbortSignal) => Promise<Duplex>;
  readonly decide: (file: FileDescription) => OfferDecision;
  /** Asked before a file is taken that nobody here was asked about; false declines it. */
  readonly admit: (id: string, file: WantedFile) => boolean;
  readonly folder: DownloadFolder;
  readonly random: (size: number) => Buffer;
  readonly send: (message: Message) => void;
  readonly emit: (event: FileEvent) => void;
  /** Told that a transfer of a file of ours is about to begin. */
  readonly begins: (outgoing: OutgoingFile, id: string) => Promise<void>;
  /** Takes a file back that is to be offered again, over this session or another. */
  readonly again: (outgoing: OutgoingFile) => void;
  /** Told that a file of ours has arrived, or will not. */
  readonly over: (outgoing: OutgoingFile) => void;
  /** How long the peer may take to compare and store before it asks on, or says that it has all. */
  readonly receiverTimeoutMs: number;
  /** What lies between two reports of progress, at least. */
  readonly progressIntervalMs: number;
}

// Offers cost the receiver memory and a line on the screen.
const maximumOffers = 64;
// Each takes a connection of the 32 that one host may have, and up to 18 MiB of memory.
const maximumMoving = 4;
// A file connection that breaks at once, again and again, will not hold.
const maximumVainAttempts = 3;
const reasonTimeoutMs = 1_000;

/** The files of one control session. */
export class FileSession {
  readonly #options: FileSessionOptions;
  readonly #transfers = new Map<string, Transfer>();
  readonly #running = new Set<Promise<void>>();
  readonly #streams = new Set<Duplex>();
  /** Every id that was offered to this peer, also of files long gone: an answer may have been on its way. */
  readonly #offeredIds = new Set<string>();
  readonly #closing = new AbortController();

  constructor(options: FileSessionOptions) {
    this.#options = options;
  }

  /** Whether a transfer is agreed on and not finished. */
  get isBusy(): boolean {
    return this.#running.size > 0 || [...this.#transfers.values()].some(({ state }) => state !== 'offered');
  }

  /**
   * Offers a file to the peer, which takes files; what becomes of it is told by events.
   *
   * @returns whether this session has dealt with it; false when the session has ended
   */
  async offer(outgoing: OutgoingFile): Promise<boolean> {
    const { path, brokenId } = outgoing;
    const { signal } = this.#closing;
    const id = this.#options.random(transferIdBytes).toString('hex');
    const unread: FileDescription = { id, direction: 'out', name: basename(path), sizeBytes: 0 };
    try {
      const source = await lookAtSource(path, signal, outgoing.source);
      outgoing.source = source;
      if (signal.aborted) return false;
      const { name, sizeBytes, version } = source;
      const folder = source.isFolder ? { isFolder: true as const } : {};
      const file: FileDescription = { ...unread, name, sizeBytes, ...folder };
      const controller = new AbortController();
      this.#transfers.set(id, { direction: 'out', file, outgoing, source, controller, state: 'offered' });
      this.#offeredIds.add(id);
      const resumes = brokenId === undefined ? {} : { resumes: brokenId };
      this.#options.send({ type: 'file-offer', id, name, sizeBytes, version, ...folder, ...resumes });
    } catch (error) {
      if (signal.aborted) return false;
      // It was there when it was asked for; it may have waited long.
      this.#options.over(outgoing);
      this.#options.emit({ type: 'fileFailed', file: unread, error: failureOf(error) });
    }
    return true;
  }

  /** How many of our files the peer does not have yet. */
  get countOutgoing(): number {
    return this.#transfers.size - this.#incoming().length;
  }

  /**
   * Takes or refuses an offered file; without an id, the first that waits for an answer.
   *
   * @returns whether there was one
   */
  answer(answer: 'accept' | 'decline', id?: string): boolean {
    const transfer = this.#incoming().find(
      ({ file, state }) => state === 'offered' && (id === undefined || file.id === id),
    );
    if (transfer === undefined) return false;
    if (answer === 'accept') {
      this.#accept(transfer);
    } else {
      this.#transfers.delete(transfer.file.id);
      this.#decline(transfer.file, 'declined');
    }
    return true;
  }

  /**
   * Ends transfers in either direction, for good: what has arrived of them is deleted.
   *
   * @param name - of the files; all files when left out
   * @returns how many there were
   */
  cancel(name?: string): number {
    const found = [...this.#transfers.values()].filter(({ file }) => name === undefined || file.name === name);
    const error = new QTChatError('ERR_CANCELLED', 'it was cancelled');
    for (const transfer of found) {
      if (transfer.state !== 'moving') {
        this.#options.send({ type: 'file-failed', id: transfer.file.id, reason: 'cancelled' });
      }
      this.#abandon(transfer, error);
    }
    return found.length;
  }

  /** The peer offers a file. */
  async handleOffer(message: MessageOf<'file-offer'>): Promise<void> {
    const { id, name, sizeBytes, isFolder, resumes } = message;
    if (this.#transfers.has(id)) throw new QTChatError('ERR_PROTOCOL', 'the peer offered one file twice');
    const { folder, peer } = this.#options;
    const file: FileDescription = { id, direction: 'in', name, sizeBytes, ...(isFolder && { isFolder }) };
    const wanted = {
      sender: peer,
      name,
      sizeBytes,
      isFolder: isFolder ?? false,
      version: Buffer.from(message.version).toString('hex'),
    };
    try {
      if (resumes !== undefined && isSafeFileName(name)) {
        await folder.supersede(peer, resumes);
        if (await folder.hasArrived(wanted, resumes)) {
          this.#options.send({ type: 'file-received', id });
          return;
        }
      }
      const answer = await this.#judge(file, wanted);
      if (this.#closing.signal.aborted) return;
      if (typeof answer === 'string') {
        this.#decline(file, answer);
        return;
      }
      const { isTaken, doneBytes } = answer;
      const controller = new AbortController();
      const transfer: IncomingTransfer = { direction: 'in', file, wanted, controller, doneBytes, state: 'offered' };
      this.#transfers.set(id, transfer);
      if (isTaken) this.#accept(transfer);
      else this.#options.emit({ type: 'fileOffered', file });
    } catch (error) {
      // Our folder is in trouble; the session need not be.
      this.#options.send({ type: 'file-decline', id, reason: 'no-room' });
      this.#options.emit({ type: 'fileFailed', file, error: failureOf(error) });
    }
  }

  /**
   * The peer takes our file. An answer that no longer concerns us is ignored, here and below.
   *
   * @throws {QTChatError} `ERR_PROTOCOL` where the file was never offered to this peer, here and below
   */
  async handleAccept({ id, doneBytes }: MessageOf<'file-accept'>): Promise<void> {
    this.#checkOffered(id);
    const offered = this.#outgoing(id, 'offered');
    if (offered !== undefined) await this.#options.begins(offered.outgoing, id);
    // It may have been cancelled meanwhile.
    const transfer = this.#outgoing(id, 'offered');
    if (transfer === undefined || this.#closing.signal.aborted) return;
    this.#run(transfer, (stream) => this.#send(transfer, stream, Math.min(doneBytes, transfer.file.sizeBytes)));
    if (!this.#options.dialled) this.#options.send({ type: 'file-ready', id });
  }

  /** The peer does not take our file. */
  handleDecline(message: MessageOf<'file-decline'>): void {
    this.#checkOffered(message.id);
    const transfer = this.#outgoing(message.id, 'offered');
    if (transfer === undefined) return;
    this.#takeOff(transfer);
    this.#options.emit({ type: 'fileDeclined', file: transfer.file, reason: message.reason });
  }

  /** The sender, which did not dial, expects us to open the stream. */
  handleReady(message: MessageOf<'file-ready'>): void {
    const transfer = this.#incoming().find(({ file, state }) => file.id === message.id && state === 'accepted');
    if (transfer !== undefined && this.#options.dialled)
      this.#run(transfer, (stream) => this.#receive(transfer, stream));
  }

  /** The receiver has our file, complete and on disk; it may have had it before we offered it again. */
  handleReceived({ id }: MessageOf<'file-received'>): void {
    this.#checkOffered(id);
    const offered = this.#outgoing(id, 'offered');
    if (offered === undefined) {
      this.#outgoing(id, 'moving')?.received?.();
      return;
    }
    this.#takeOff(offered);
    this.#options.emit({ type: 'fileDone', file: offered.file, ...proofOf(offered.source) });
  }

  /** The peer gave a transfer up. */
  handleFailed(message: MessageOf<'file-failed'>): void {
    const transfer = this.#transfers.get(message.id);
    if (transfer !== undefined) this.#abandon(transfer, peerFailure(transfer, message.reason));
  }

  /** Ends every transfer, and resolves when nothing of them is left. What was not answered ends silently. */
  async close(): Promise<void> {
    const error = new QTChatError('ERR_FILE_INTERRUPTED', 'the connection to the peer ended');
    this.#closing.abort(error);
    for (const transfer of this.#transfers.values()) {
      if (transfer.state === 'moving') {
        this.#abandon(transfer, error);
      } else {
        this.#transfers.delete(transfer.file.id);
        if (transfer.direction === 'out') this.#options.again(transfer.outgoing);
      }
    }
    await Promise.allSettled(this.#running);
    for (const stream of this.#streams) stream.destroy();
  }

  #checkOffered(id: string): void {
    if (!this.#offeredIds.has(id))
      throw new QTChatError('ERR_PROTOCOL', 'the peer answered for a file that it was not offered');
  }

  #decline(file: FileDescription, reason: DeclineReason): void {
    this.#options.send({ type: 'file-decline', id: file.id, reason });
    // One who offers on when there is no room any more must not fill the screen either.
    if (reason !== 'busy') this.#options.emit({ type: 'fileDeclined', file, reason });
  }

  /** Why an offer is declined, or whether it is taken at once and what of it is there. */
  async #judge(
    file: FileDescription,
    wanted: WantedFile,
  ): Promise<DeclineReason | { isTaken: boolean; doneBytes: number }> {
    if (!isSafeFileName(file.name)) return 'name';
    if (this.#incoming().length >= maximumOffers) return 'busy';
    const { folder, decide } = this.#options;
    const decision = decide(file);
    if (decision !== 'accept' && decision !== 'ask' && decision !== 'too-large') return decision;
    // What was taken once is taken again without asking.
    const doneBytes = await folder.doneBytes(wanted);
    if (doneBytes === undefined && decision === 'too-large') return decision;
    // A folder is unpacked beside what has arrived.
    const wholeBytes = wanted.isFolder ? 2 * file.sizeBytes : file.sizeBytes;
    if (!(await folder.hasRoom(wholeBytes - (doneBytes ?? 0)))) return 'no-room';
    if (decision === 'accept' && !this.#options.admit(file.id, wanted)) return 'quota';
    return { isTaken: decision === 'accept' || doneBytes !== undefined, doneBytes: doneBytes ?? 0 };
  }

  #incoming(): IncomingTransfer[] {
    return [...this.#transfers.values()].filter((transfer) => transfer.direction === 'in');
  }

  #outgoing(id: string, state: Transfer['state']): OutgoingTransfer | undefined {
    const transfer = this.#transfers.get(id);
    return transfer?.direction === 'out' && transfer.state === state ? transfer : undefined;
  }

  #accept(transfer: IncomingTransfer): void {
    this.#options.folder.promise(transfer.wanted);
    transfer.state = 'queued';
    this.#acceptQueued();
  }

  #acceptQueued(): void {
    if (this.#closing.signal.aborted) return;
    const incoming = this.#incoming();
    const queued = incoming.filter(({ state }) => state === 'queued');
    const moving = incoming.filter(({ state }) => state === 'accepted' || state === 'moving');
    for (const transfer of queued.slice(0, Math.max(maximumMoving - moving.length, 0))) {
      transfer.state = 'accepted';
      // Where we are dialled, the door stands open before the peer hears that it may come.
      if (!this.#options.dialled) this.#run(transfer, (stream) => this.#receive(transfer, stream));
      this.#options.send({ type: 'file-accept', id: transfer.file.id, doneBytes: transfer.doneBytes });
    }
  }

  #abandon(transfer: Transfer, error: QTChatError): void {
    if (transfer.state === 'moving') {
      transfer.controller.abort(error);
      transfer.stream?.destroy(error);
      return;
    }
    this.#end(transfer, error);
    void this.#dropFinal(transfer, error);
    this.#acceptQueued();
  }

  /** What is false or not wanted any more is not kept either. */
  async #dropFinal(transfer: Transfer, failure: QTChatError): Promise<void> {
    if (transfer.direction === 'in' && isFinal(failure)) await this.#options.folder.drop(transfer.wanted);
  }

  #run(transfer: Transfer, move: (stream: Duplex) => Promise<Arrival>): void {
    transfer.state = 'moving';
    const running = this.#move(transfer, move).finally(() => {
      this.#running.delete(running);
      this.#acceptQueued();
    });
    this.#running.add(running);
  }

  async #move(transfer: Transfer, move: (stream: Duplex) => Promise<Arrival>): Promise<void> {
    const { file, controller } = transfer;
    try {
      const stream = await this.#connect(file.id, controller.signal);
      transfer.stream = stream;
      this.#streams.add(stream);
      stream.once('close', () => this.#streams.delete(stream));
      controller.signal.throwIfAborted();
      const arrival = await move(stream);
      // Whoever hears of the end and counts what is left must not count this one.
      this.#takeOff(transfer);
      this.#options.emit({ type: 'fileDone', file, ...arrival });
    } catch (error) {
      let failure = failureOf(controller.signal.aborted ? controller.signal.reason : error);
      if (!this.#closing.signal.aborted) {
        this.#options.send({ type: 'file-failed', id: file.id, reason: reasonOf(failure) });
      }
      transfer.stream?.destroy();
      if (failure.code === 'ERR_FILE_INTERRUPTED') failure = await hearWhy(controller.signal, failure);
      await this.#dropFinal(transfer, failure);
      this.#end(transfer, failure);
    }
  }

  async #connect(id: string, signal: AbortSignal): Promise<Duplex> {
    try {
      return await this.#options.connect(id, signal);
    } catch (error) {
      const isGone = error instanceof QTChatError && error.code === 'ERR_PEER_UNREACHABLE';
      throw isGone ? new QTChatError('ERR_FILE_INTERRUPTED', error.message, { cause: error }) : error;
    }
  }

  #takeOff(transfer: Transfer): void {
    this.#transfers.delete(transfer.file.id);
    if (transfer.direction === 'out') this.#options.over(transfer.outgoing);
  }

  /** Takes a transfer off the list that has failed. What only broke off is offered again, unless that is in vain. */
  #end(transfer: Transfer, failure: QTChatError): void {
    const { file } = transfer;
    this.#transfers.delete(file.id);
    if (failure.code !== 'ERR_FILE_INTERRUPTED') {
      this.#takeOff(transfer);
      this.#options.emit({ type: 'fileFailed', file, error: failure });
    } else if (transfer.direction === 'in') {
      this.#options.emit({ type: 'fileInterrupted', file, error: failure });
    } else {
      const { outgoing } = transfer;
      if (!this.#closing.signal.aborted) outgoing.vainAttempts += 1;
      if (outgoing.vainAttempts > maximumVainAttempts) {
        const error = new QTChatError('ERR_FILE_FAILED', `no file connection holds: ${failure.message}`, {
          hint: 'Send the file again when the network is better',
          cause: failure,
        });
        this.#takeOff(transfer);
        this.#options.emit({ type: 'fileFailed', file, error });
        return;
      }
      outgoing.brokenId = file.id;
      // Counted as waiting before anybody hears of it.
      this.#options.again(outgoing);
      this.#options.emit({ type: 'fileInterrupted', file, error: failure });
    }
  }

  #send(transfer: OutgoingTransfer, stream: Duplex, doneBytes: number): Promise<Arrival> {
    const { receiverTimeoutMs, emit } = this.#options;
    const { file } = transfer;
    emit({ type: 'fileStarted', file, doneBytes });
    return sendTransfer(transfer, stream, {
      doneBytes,
      receiverTimeoutMs,
      onProgress: this.#progressOf(file, doneBytes),
    });
  }

  #receive(transfer: IncomingTransfer, stream: Duplex): Promise<Arrival> {
    const { folder, send, emit } = this.#options;
    const { file } = transfer;
    return receiveTransfer(transfer, stream, folder, {
      started: (doneBytes) => {
        emit({ type: 'fileStarted', file, doneBytes });
        return this.#progressOf(file, doneBytes);
      },
      confirm: () => send({ type: 'file-received', id: file.id }),
    });
  }

  #progressOf(file: FileDescription, doneBefore: number): OnProgress {
    const { emit, progressIntervalMs } = this.#options;
    const meter = new ProgressMeter(file.sizeBytes, doneBefore, performance.now(), progressIntervalMs);
    return (doneBytes) => {
      const progress = meter.note(doneBytes, performance.now());
      if (progress !== undefined) emit({ type: 'fileProgress', file, ...progress });
    };
  }
}

// A peer that gives a file up closes its connection and says why over the other one: that may come later.
async function hearWhy(signal: AbortSignal, failure: QTChatError): Promise<QTChatError> {
  if (!signal.aborted) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, reasonTimeoutMs);
      signal.addEventListener('abort', () => resolve(clearTimeout(timer)), { once: true });
    });
  }
  return signal.aborted ? failureOf(signal.reason) : failure;
}

/** What it means for us that the peer gave a transfer up. */
function peerFailure({ direction }: Transfer, reason: FailureReason): QTChatError {
  const code = {
    broken: 'ERR_FILE_INTERRUPTED',
    cancelled: cancelledBy[direction],
    digest: 'ERR_FILE_DIGEST',
    storage: 'ERR_FILE_FAILED',
  } as const;
  return new QTChatError(code[reason], `the peer gave the file up: ${failureTexts[reason]}`);
}

// Whoever sends wants to know that it was refused; whoever receives has nothing to do about it.
const cancelledBy = { in: 'ERR_CANCELLED', out: 'ERR_FILE_DECLINED' } as const;

const failureTexts: Readonly<Record<FailureReason, string>> = {
  cancelled: 'it was cancelled',
  broken: 'the connection broke',
  digest: 'what arrived is not what was to be sent',
  storage: 'it could not be stored or read',
};
