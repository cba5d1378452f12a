/**
 * Files over one control session: offers, answers, and the transfers they lead to. The content goes
 * over a stream of its own that `connect` provides. Knows no sockets and no screen; a transfer lives
 * no longer than its session.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Duplex } from 'node:stream';
import { QTChatError, quote, systemErrorCode } from '../errors.js';
import { transferIdBytes } from '../protocol/file-stream.js';
import type { DeclineReason, FailureReason, Message, MessageOf } from '../protocol/messages.js';
import type { DownloadFolder } from '../store/downloads.js';
import { receiveContent, sendContent } from './content.js';
import { isSafeFileName } from './file-name.js';

/** A file on its way, from this side's view. */
export interface FileDescription {
  /** 32 hexadecimal digits, chosen by the sender. */
  readonly id: string;
  readonly direction: 'in' | 'out';
  readonly name: string;
  readonly sizeBytes: number;
}

/** What a file session reports. */
export type FileEvent = { readonly file: FileDescription } & (
  | { readonly type: 'fileOffered' }
  | { readonly type: 'fileStarted' }
  | { readonly type: 'fileProgress'; readonly doneBytes: number }
  /** Complete, on disk and compared; `path` is where an incoming one is. */
  | { readonly type: 'fileDone'; readonly sha256: string; readonly path?: string }
  | { readonly type: 'fileDeclined'; readonly reason: DeclineReason }
  | { readonly type: 'fileFailed'; readonly error: QTChatError }
);

/** What becomes of an offer: taken, shown to the user, or declined. */
export type OfferDecision = 'accept' | 'ask' | DeclineReason;

/** What a file session needs. */
export interface FileSessionOptions {
  /** Whether this side dialled the control connection and so dials the file connections. */
  readonly dialled: boolean;
  readonly peerTakesFiles: boolean;
  /** Opens the stream of a transfer (dialled), or waits for it. Called once a transfer. */
  readonly connect: (id: string, signal: AbortSignal) => Promise<Duplex>;
  readonly decide: (file: FileDescription) => OfferDecision;
  readonly folder: DownloadFolder;
  readonly random: (size: number) => Buffer;
  readonly send: (message: Message) => void;
  readonly emit: (event: FileEvent) => void;
}

interface Transfer {
  readonly file: FileDescription;
  /** Absolute path of an outgoing file. */
  readonly path: string;
  readonly controller: AbortController;
  state: 'offered' | 'accepted' | 'moving';
  stream?: Duplex;
  /** What the receiver says that it has; an outgoing transfer waits for it. */
  received?: (sha256: Uint8Array) => void;
}

// Offers cost the receiver memory and a line on the screen.
const maximumTransfers = 64;

/** The files of one control session. */
export class FileSession {
  readonly #options: FileSessionOptions;
  readonly #transfers = new Map<string, Transfer>();
  readonly #running = new Set<Promise<void>>();
  readonly #streams = new Set<Duplex>();
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
   * Offers a file to the peer; what becomes of it is told by events.
   *
   * @throws {QTChatError} `ERR_FILE_DECLINED` when the peer takes no files, `ERR_STORE_NOT_FOUND`,
   *   `ERR_STORE_UNREADABLE`
   */
  async offer(path: string): Promise<FileDescription> {
    if (!this.#options.peerTakesFiles) throw new QTChatError('ERR_FILE_DECLINED', 'the peer takes no files now');
    const sizeBytes = await fileSize(path);
    const id = this.#options.random(transferIdBytes).toString('hex');
    const file: FileDescription = { id, direction: 'out', name: basename(path), sizeBytes };
    this.#transfers.set(id, { file, path, controller: new AbortController(), state: 'offered' });
    this.#options.send({ type: 'file-offer', id, name: file.name, sizeBytes });
    return file;
  }

  /** How many of our files the peer does not have yet. */
  get countOutgoing(): number {
    return [...this.#transfers.values()].filter(({ file }) => file.direction === 'out').length;
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

  /** The peer takes our file. An answer that no longer concerns us is ignored, here and below. */
  handleAccept(message: MessageOf<'file-accept'>): void {
    const transfer = this.#find(message.id, 'out', 'offered');
    if (transfer === undefined) return;
    this.#run(transfer, (stream) => this.#send(transfer, stream));
    if (!this.#options.dialled) this.#options.send({ type: 'file-ready', id: message.id });
  }

  /** The peer does not take our file. */
  handleDecline(message: MessageOf<'file-decline'>): void {
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
    this.#find(message.id, 'out', 'moving')?.received?.(message.sha256);
  }

  /** The peer gave a transfer up. */
  handleFailed(message: MessageOf<'file-failed'>): void {
    const transfer = this.#transfers.get(message.id);
    if (transfer === undefined) return;
    const error = new QTChatError('ERR_FILE_FAILED', `the peer gave the file up: ${failureTexts[message.reason]}`);
    this.#abandon(transfer, error);
  }

  /** Ends every transfer, and resolves when nothing of them is left. Unanswered offers end silently. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const error = new QTChatError('ERR_FILE_FAILED', 'the connection to the peer ended', {
      hint: 'Send the file again',
    });
    for (const transfer of this.#transfers.values()) {
      if (transfer.state === 'offered') this.#transfers.delete(transfer.file.id);
      else this.#abandon(transfer, error);
    }
    await Promise.allSettled(this.#running);
    for (const stream of this.#streams) stream.destroy();
  }

  #decline(file: FileDescription, reason: DeclineReason): void {
    this.#options.send({ type: 'file-decline', id: file.id, reason });
    this.#options.emit({ type: 'fileDeclined', file, reason });
  }

  #judge(file: FileDescription): OfferDecision {
    if (!isSafeFileName(file.name)) return 'name';
    if (this.#transfers.size >= maximumTransfers) return 'busy';
    return this.#options.decide(file);
  }

  #accept(transfer: Transfer): void {
    transfer.state = 'accepted';
    if (this.#options.dialled) {
      this.#options.send({ type: 'file-accept', id: transfer.file.id });
    } else {
      // The door stands open before the peer hears that it may come.
      this.#run(transfer, (stream) => this.#receive(transfer, stream));
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
  }

  #run(transfer: Transfer, move: (stream: Duplex) => Promise<{ sha256: string; path?: string }>): void {
    transfer.state = 'moving';
    const running = this.#move(transfer, move).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #move(transfer: Transfer, move: (stream: Duplex) => Promise<{ sha256: string; path?: string }>): Promise<void> {
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

  async #send(transfer: Transfer, stream: Duplex): Promise<{ sha256: string }> {
    const { file, path, controller } = transfer;
    const confirmation = new Promise<Uint8Array>((resolve, reject) => {
      transfer.received = resolve;
      controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true });
    });
    confirmation.catch(() => {});
    const handle = await openFile(path);
    let digest: Buffer;
    try {
      digest = await sendContent(handle, file.sizeBytes, stream, this.#progressOf(file));
    } finally {
      await handle.close();
    }
    if (!digest.equals(await confirmation)) {
      throw new QTChatError('ERR_FILE_DIGEST', 'the peer received something else than was sent');
    }
    closeInOrder(stream);
    return { sha256: digest.toString('hex') };
  }

  async #receive(transfer: Transfer, stream: Duplex): Promise<{ sha256: string; path: string }> {
    const { file } = transfer;
    const download = await this.#options.folder.begin(file.name, file.id, file.sizeBytes);
    try {
      const digest = await receiveContent(stream, file.sizeBytes, download, this.#progressOf(file));
      const path = await download.finish();
      this.#options.send({ type: 'file-received', id: file.id, sha256: digest });
      closeInOrder(stream);
      return { sha256: digest.toString('hex'), path };
    } catch (error) {
      await download.discard();
      throw error;
    }
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

// Reading on is what lets the stream notice that the other side has closed as well.
function closeInOrder(stream: Duplex): void {
  stream.end();
  stream.resume();
}

function failureOf(error: unknown): QTChatError {
  if (error instanceof QTChatError) return error;
  return new QTChatError('ERR_FILE_FAILED', `the file failed (${systemErrorCode(error) ?? 'unforeseen'})`, {
    cause: error,
  });
}

function reasonOf(error: QTChatError): FailureReason {
  if (error.code === 'ERR_FILE_DIGEST') return 'digest';
  if (error.code === 'ERR_CANCELLED') return 'cancelled';
  return error.code.startsWith('ERR_STORE_') ? 'storage' : 'broken';
}

/**
 * The size of a plain file.
 *
 * @throws {QTChatError} `ERR_STORE_NOT_FOUND`, `ERR_STORE_UNREADABLE`
 */
export async function fileSize(path: string): Promise<number> {
  const handle = await openFile(path);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) {
      throw new QTChatError('ERR_STORE_UNREADABLE', `${quote(path)} is not a file`, {
        hint: 'Send one file at a time',
      });
    }
    return stat.size;
  } finally {
    await handle.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    const missing = systemErrorCode(error) === 'ENOENT';
    const message = missing
      ? `there is no file ${quote(path)}`
      : `cannot read ${quote(path)} (${systemErrorCode(error)})`;
    throw new QTChatError(missing ? 'ERR_STORE_NOT_FOUND' : 'ERR_STORE_UNREADABLE', message, { cause: error });
  }
}
