/** Moves the files that were agreed on: each over a stream of its own, several at a time, until it ends either way. */
import type { Duplex } from 'node:stream';
import { QTChatError } from '../errors.js';
import type { Message } from '../protocol/messages.js';
import type { DownloadFolder } from '../store/downloads.js';
import { smallBytes } from './arrival-queue.js';
import { type ConnectionDecision, ConnectionJudge } from './connection-judge.js';
import type { FetchCrew } from './fetch-crew.js';
import type { Arrival, FileDescription, FileEvent } from './file-events.js';
import { type Connect, FurtherConnections } from './further-connections.js';
import { hearWhy } from './peer-failure.js';
import { ProgressMeter } from './progress-meter.js';
import { receiveTransfer } from './receive-transfer.js';
import { sendTransfer } from './send-transfer.js';
import {
  failureOf,
  type IncomingTransfer,
  isFinal,
  type OnProgress,
  type OutgoingTransfer,
  reasonOf,
  type Transfer,
} from './transfer.js';
import type { TransferList } from './transfer-list.js';
import { Widener, type WidenerTimers } from './widener.js';

/** What moving needs. */
export interface MoverOptions {
  readonly connect: Connect;
  /** Whether this side dialled the control connection and so dials the file connections. */
  readonly dialled: boolean;
  /** Whether the peer can send one file over several connections. */
  readonly peerWidens: boolean;
  /** Decides over how many connections files come; by trial where left out. */
  readonly decideConnections?: () => ConnectionDecision;
  readonly timers: WidenerTimers;
  readonly folder: DownloadFolder;
  readonly send: (message: Message) => void;
  readonly emit: (event: FileEvent) => void;
  /** How long the peer may take to compare and store before it asks on, or says that it has all. */
  readonly receiverTimeoutMs: number;
  /** What lies between two reports of progress, at least. */
  readonly progressIntervalMs: number;
}

/** The moving files of one session. */
export class Mover {
  readonly #options: MoverOptions;
  readonly #transfers: TransferList;
  readonly #closing: AbortSignal;
  readonly #onEnd: () => void;
  readonly #running = new Set<Promise<void>>();
  readonly #streams = new Set<Duplex>();
  readonly #widener: Widener;
  /** Those beside the first of each transfer. */
  readonly further: FurtherConnections;

  /** @param onEnd - called whenever one has ended, and is off the list */
  constructor(options: MoverOptions, transfers: TransferList, closing: AbortSignal, onEnd: () => void) {
    this.#options = options;
    this.#transfers = transfers;
    this.#closing = closing;
    this.#onEnd = onEnd;
    const { dialled, send, timers, decideConnections } = options;
    this.further = new FurtherConnections({ connect: (...what) => this.#connect(...what), dialled, send });
    this.#widener = new Widener(timers, decideConnections?.() ?? new ConnectionJudge());
  }

  /** Whether anything moves. */
  get isBusy(): boolean {
    return this.#running.size > 0;
  }

  /** Sends a file that was taken; `doneBytes` of it are there. */
  startSending(transfer: OutgoingTransfer, doneBytes: number): void {
    const { file, outgoing, hold } = transfer;
    hold.set('self', outgoing.isPaused === true);
    this.#start(transfer, (stream) => {
      this.#options.emit({ type: 'fileStarted', file, doneBytes });
      const { receiverTimeoutMs } = this.#options;
      return sendTransfer(transfer, stream, {
        doneBytes,
        receiverTimeoutMs,
        onProgress: this.#progressOf(file, doneBytes),
      });
    });
  }

  /** Receives a file that we have taken. */
  startReceiving(transfer: IncomingTransfer): void {
    const { folder, send, emit } = this.#options;
    const { file, wanted, hold } = transfer;
    hold.set('self', folder.isPaused(wanted));
    this.#start(transfer, (stream) =>
      receiveTransfer(transfer, stream, folder, {
        started: (doneBytes) => {
          emit({ type: 'fileStarted', file, doneBytes });
          return this.#progressOf(file, doneBytes);
        },
        open: (signal) => this.further.open(transfer, signal),
        crewed: (crew) => this.#watch(transfer, crew),
        confirm: () => send({ type: 'file-received', id: file.id }),
      }),
    );
  }

  /** Resolves when nothing moves any more; nothing of it is left then. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#running);
    for (const stream of this.#streams) stream.destroy();
  }

  #start(transfer: Transfer, move: (stream: Duplex) => Promise<Arrival>): void {
    transfer.state = 'moving';
    // One that was paused before it broke off is paused still.
    if (transfer.hold.isBy('self')) this.#options.send({ type: 'file-pause', id: transfer.file.id });
    const running = this.#move(transfer, move).finally(() => {
      this.#running.delete(running);
      this.#onEnd();
    });
    this.#running.add(running);
  }

  async #move(transfer: Transfer, move: (stream: Duplex) => Promise<Arrival>): Promise<void> {
    const { file, controller } = transfer;
    const { send, emit, folder } = this.#options;
    try {
      const stream = await this.#connect(file.id, controller.signal, 0);
      transfer.stream = stream;
      controller.signal.throwIfAborted();
      const arrival = await move(stream);
      // Whoever hears of the end and counts what is left must not count this one.
      this.#transfers.takeOff(transfer, true);
      emit({
        type: 'fileDone',
        file,
        ...arrival,
        ...(transfer.direction === 'out' && { path: transfer.outgoing.path }),
      });
    } catch (error) {
      let failure = failureOf(controller.signal.aborted ? controller.signal.reason : error);
      if (!this.#closing.aborted) send({ type: 'file-failed', id: file.id, reason: reasonOf(failure) });
      transfer.stream?.destroy();
      if (failure.code === 'ERR_FILE_INTERRUPTED') failure = await hearWhy(controller.signal, failure);
      if (transfer.direction === 'in' && isFinal(failure)) await folder.drop(transfer.wanted);
      this.#transfers.end(transfer, failure, !this.#closing.aborted);
    }
  }

  #watch({ file, hold }: IncomingTransfer, crew: FetchCrew): () => void {
    if (!this.#options.peerWidens) return () => {};
    return this.#widener.add({ crew, counts: () => !hold.isOn && file.sizeBytes > smallBytes });
  }

  async #connect(...what: Parameters<Connect>): Promise<Duplex> {
    try {
      const stream = await this.#options.connect(...what);
      this.#streams.add(stream);
      stream.once('close', () => this.#streams.delete(stream));
      return stream;
    } catch (error) {
      const isGone = error instanceof QTChatError && error.code === 'ERR_PEER_UNREACHABLE';
      throw isGone ? new QTChatError('ERR_FILE_INTERRUPTED', error.message, { cause: error }) : error;
    }
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
