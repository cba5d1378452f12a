/**
 * Files over one control session: offers, answers, and the transfers they lead to. The content goes
 * over a stream of its own that `connect` provides. Knows no sockets and no screen; a transfer lives
 * no longer than its session.
 */
import { basename } from 'node:path';
import type { Duplex } from 'node:stream';
import { QTChatError } from '../errors.js';
import { transferIdBytes } from '../protocol/file-stream.js';
import type { DeclineReason, FailureReason, Message, MessageOf } from '../protocol/messages.js';
import type { DownloadFolder } from '../store/downloads.js';
import type { FileDescription, FileEvent, OfferDecision } from './file-events.js';
import { isSafeFileName } from './file-name.js';
import { sourceFileSize } from './source-file.js';
import { type Arrival, failureOf, reasonOf, receiveTransfer, sendTransfer, type Transfer } from './transfer.js';

/** What a file session needs. */
export interface FileSessionOptions {
  /** Whether this side dialled the control connection and so dials the file connections. */
  readonly dialled: boolean;
  /** Opens the stream of a transfer (dialled), or waits for it. Called once a transfer. */
  readonly connect: (id: string, signal: AbortSignal) => Promise<Duplex>;
  readonly decide: (file: FileDescription) => OfferDecision;
  readonly folder: DownloadFolder;
  readonly random: (size: number) => Buffer;
  readonly send: (message: Message) => void;
  readonly emit: (event: FileEvent) => void;
  /** How long the peer may take to say that it has a file that was sent. */
  readonly confirmTimeoutMs: number;
}

// Offers cost the receiver memory and a line on the screen.
const maximumOffers = 64;
// Each takes a connection of the 32 that one host may have, and 4 MiB of memory.
const maximumMoving = 4;

/** The files of one control session. */
export class FileSession {
  readonly #options: FileSessionOptions;
  readonly #transfers = new Map<string, Transfer>();
  readonly #running = new Set<Promise<void>>();
  readonly #streams = new Set<Duplex>();
  /** Every id that was offered to this peer, also of files long gone: an answer may have been on its way. */
  readonly #offeredIds = new Set<string>();
  #isClosed = false;

  constructor(options: FileSessionOptions) {
    this.#options = options;
  }

  /** Whether a transfer is agreed on and not finished. */
  get isBusy(): boolean {
    return this.#running.size > 0 || [...this.#transfers.values()].some(({ state }) => state !== 'offered');
  }

  /** Paths that were offered and not answered yet; another session may offer them again. */
  get unanswered(): string[] {
    return [...this.#transfers.values()]
      .filter(({ file, state }) => file.direction === 'out' && state === 'offered')
      .map(({ path }) => path);
  }

  /**
   * Offers a file to the peer, which takes files; what becomes of it is told by events.
   *
   * @returns whether this session has dealt with it; false when the session has ended
   */
  async offer(path: string): Promise<boolean> {
    const id = this.#options.random(transferIdBytes).toString('hex');
    const unread: FileDescription = { id, direction: 'out', name: basename(path), sizeBytes: 0 };
    try {
      const file = { ...unread, sizeBytes: await sourceFileSize(path) };
      if (this.#isClosed) return false;
      this.#transfers.set(id, { file, path, controller: new AbortController(), state: 'offered' });
      this.#offeredIds.add(id);
      this.#options.send({ type: 'file-offer', id, name: file.name, sizeBytes: file.sizeBytes });
    } catch (error) {
      // It was there when it was asked for; it may have waited long.
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
    const transfer = [...this.#transfers.values()].find(
      ({ file, state }) => file.direction === 'in' && state === 'offered' && (id === undefined || file.id === id),
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

  /** The peer offers a file. */
  handleOffer(message: MessageOf<'file-offer'>): void {
    const { id, name, sizeBytes } = message;
    if (this.#transfers.has(id)) throw new QTChatError('ERR_PROTOCOL', 'the peer offered one file twice');
    const file: FileDescription = { id, direction: 'in', name, sizeBytes };
    const decision = this.#judge(file);
    if (decision !== 'accept' && decision !== 'ask') {
      this.#decline(file, decision);
      return;
    }
    const transfer: Transfer = { file, path: '', controller: new AbortController(), state: 'offered' };
    this.#transfers.set(id, transfer);
    if (decision === 'accept') this.#accept(transfer);
    else this.#options.emit({ type: 'fileOffered', file });
  }

  /**
   * The peer takes our file. An answer that no longer concerns us is ignored, here and below.
   *
   * @throws {QTChatError} `ERR_PROTOCOL` where the file was never offered to this peer, here and below
   */
  handleAccept(message: MessageOf<'file-accept'>): void {
    this.#checkOffered(message.id);
    const transfer = this.#find(message.id, 'out', 'offered');
    if (transfer === undefined) return;
    this.#run(transfer, (stream) => this.#send(transfer, stream));
    if (!this.#options.dialled) this.#options.send({ type: 'file-ready', id: message.id });
  }

  /** The peer does not take our file. */
  handleDecline(message: MessageOf<'file-decline'>): void {
    this.#checkOffered(message.id);
    const transfer = this.#find(message.id, 'out', 'offered');
    if (transfer === undefined) return;
    this.#transfers.delete(message.id);
    this.#options.emit({ type: 'fileDeclined', file: transfer.file, reason: message.reason });
  }

  /** The sender, which did not dial, expects us to open the stream. */
  handleReady(message: MessageOf<'file-ready'>): void {
    const transfer = this.#find(message.id, 'in', 'accepted');
    if (transfer !== undefined && this.#options.dialled)
      this.#run(transfer, (stream) => this.#receive(transfer, stream));
  }

  /** The receiver has our file, complete and on disk. */
  handleReceived(message: MessageOf<'file-received'>): void {
    this.#checkOffered(message.id);
    this.#find(message.id, 'out', 'moving')?.received?.(message.sha256);
  }

  /** The peer gave a transfer up. */
  handleFailed(message: MessageOf<'file-failed'>): void {
    const transfer = this.#transfers.get(message.id);
    if (transfer === undefined) return;
    const error = new QTChatError('ERR_FILE_FAILED', `the peer gave the file up: ${failureTexts[message.reason]}`);
    this.#abandon(transfer, error);
  }

  /** Ends every transfer, and resolves when nothing of them is left. What was not answered ends silently. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const error = new QTChatError('ERR_FILE_FAILED', 'the connection to the peer ended', {
      hint: 'Send the file again',
    });
    for (const transfer of this.#transfers.values()) {
      if (transfer.state === 'offered' || transfer.state === 'queued') this.#transfers.delete(transfer.file.id);
      else this.#abandon(transfer, error);
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

  #judge(file: FileDescription): OfferDecision {
    if (!isSafeFileName(file.name)) return 'name';
    if (this.#incoming().length >= maximumOffers) return 'busy';
    return this.#options.decide(file);
  }

  #incoming(): Transfer[] {
    return [...this.#transfers.values()].filter(({ file }) => file.direction === 'in');
  }

  #accept(transfer: Transfer): void {
    transfer.state = 'queued';
    this.#acceptQueued();
  }

  #acceptQueued(): void {
    if (this.#isClosed) return;
    const incoming = this.#incoming();
    const queued = incoming.filter(({ state }) => state === 'queued');
    const moving = incoming.filter(({ state }) => state === 'accepted' || state === 'moving');
    for (const transfer of queued.slice(0, Math.max(maximumMoving - moving.length, 0))) {
      transfer.state = 'accepted';
      // Where we are dialled, the door stands open before the peer hears that it may come.
      if (!this.#options.dialled) this.#run(transfer, (stream) => this.#receive(transfer, stream));
      this.#options.send({ type: 'file-accept', id: transfer.file.id });
    }
  }

  #find(id: string, direction: 'in' | 'out', state: Transfer['state']): Transfer | undefined {
    const transfer = this.#transfers.get(id);
    return transfer?.file.direction === direction && transfer.state === state ? transfer : undefined;
  }

  #abandon(transfer: Transfer, error: QTChatError): void {
    if (transfer.state === 'moving') {
      transfer.controller.abort(error);
      transfer.stream?.destroy(error);
      return;
    }
    this.#transfers.delete(transfer.file.id);
    this.#options.emit({ type: 'fileFailed', file: transfer.file, error });
    this.#acceptQueued();
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
      const stream = await this.#options.connect(file.id, controller.signal);
      transfer.stream = stream;
      this.#streams.add(stream);
      stream.once('close', () => this.#streams.delete(stream));
      if (controller.signal.aborted) throw controller.signal.reason;
      this.#options.emit({ type: 'fileStarted', file });
      const result = await move(stream);
      // Whoever hears of the end and counts what is left must not count this one.
      this.#transfers.delete(file.id);
      this.#options.emit({ type: 'fileDone', file, ...result });
    } catch (error) {
      const failure = failureOf(controller.signal.aborted ? controller.signal.reason : error);
      if (!this.#isClosed) this.#options.send({ type: 'file-failed', id: file.id, reason: reasonOf(failure) });
      transfer.stream?.destroy();
      this.#transfers.delete(file.id);
      this.#options.emit({ type: 'fileFailed', file, error: failure });
    }
  }

  #send(transfer: Transfer, stream: Duplex): Promise<Arrival> {
    return sendTransfer(transfer, stream, this.#options.confirmTimeoutMs, this.#progressOf(transfer.file));
  }

  #receive(transfer: Transfer, stream: Duplex): Promise<Arrival> {
    const { folder, send } = this.#options;
    const confirm = (sha256: Buffer): void => send({ type: 'file-received', id: transfer.file.id, sha256 });
    return receiveTransfer(transfer, stream, folder, confirm, this.#progressOf(transfer.file));
  }

  #progressOf(file: FileDescription): (doneBytes: number) => void {
    return (doneBytes) => this.#options.emit({ type: 'fileProgress', file, doneBytes });
  }
}

const failureTexts: Readonly<Record<FailureReason, string>> = {
  cancelled: 'it was cancelled',
  broken: 'the connection broke',
  digest: 'it arrived damaged',
  storage: 'it could not be stored or read',
};
