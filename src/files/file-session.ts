/**
 * Files over one control session: offers, answers, and the transfers they lead to. The content goes
 * over a stream of its own that `connect` provides. Knows no sockets and no screen. A transfer lives no
 * longer than its session; what broke off goes on with another, which the receiver takes unasked.
 */
import { basename } from 'node:path';
import { QTChatError } from '../errors.js';
import { transferIdBytes } from '../protocol/file-stream.js';
import type { DeclineReason, MessageOf } from '../protocol/messages.js';
import type { ReadableFile } from '../store/arriving-file.js';
import { dueArrivals } from './arrival-queue.js';
import type { FileDescription } from './file-events.js';
import { isSafeFileName } from './file-name.js';
import { Hold } from './hold.js';
import { type JudgeOptions, judgeOffer } from './judge-offer.js';
import { Mover, type MoverOptions } from './mover.js';
import { peerFailure } from './peer-failure.js';
import { lookAtSource } from './source.js';
import { failureOf, type IncomingTransfer, isFinal, type OutgoingFile, proofOf, type Transfer } from './transfer.js';
import { TransferList, type TransferListOptions } from './transfer-list.js';

/** What a file session needs. */
export interface FileSessionOptions extends JudgeOptions, MoverOptions, TransferListOptions {
  /** Circle and member of the peer. */
  readonly peer: string;
  readonly random: (size: number) => Buffer;
  /** Told that a transfer of a file of ours is about to begin. */
  readonly begins: (outgoing: OutgoingFile, id: string) => Promise<void>;
}

/** The files of one control session. */
export class FileSession {
  readonly #options: FileSessionOptions;
  readonly #transfers: TransferList;
  readonly #mover: Mover;
  /** Every id that was offered to this peer, also of files long gone: an answer may have been on its way. */
  readonly #offeredIds = new Set<string>();
  readonly #closing = new AbortController();

  constructor(options: FileSessionOptions) {
    this.#options = options;
    this.#transfers = new TransferList(options);
    this.#mover = new Mover(options, this.#transfers, this.#closing.signal, () => this.#acceptQueued());
  }

  /** Whether a transfer is agreed on and not finished. */
  get isBusy(): boolean {
    return this.#mover.isBusy || this.#transfers.all.some(({ state }) => state !== 'offered');
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
      const known = { file, outgoing, source, controller, hold: new Hold(), lastConnection: 0 };
      this.#transfers.add({ direction: 'out', ...known, state: 'offered' });
      this.#offeredIds.add(id);
      const resumes = brokenId === undefined ? {} : { resumes: brokenId };
      this.#options.send({ type: 'file-offer', id, name, sizeBytes, version, ...folder, ...resumes });
    } catch (error) {
      if (signal.aborted) return false;
      // It was there when it was asked for; it may have waited long.
      this.#options.over(outgoing, false);
      this.#options.emit({ type: 'fileFailed', file: unread, error: failureOf(error) });
    }
    return true;
  }

  /** How many of our files the peer does not have yet. */
  get countOutgoing(): number {
    return this.#transfers.all.filter(({ direction }) => direction === 'out').length;
  }

  /**
   * Takes or refuses an offered file; without an id, the first that waits for an answer.
   *
   * @returns whether there was one
   */
  answer(answer: 'accept' | 'decline', id?: string): boolean {
    const transfer = this.#transfers.incoming.find(
      ({ file, state }) => state === 'offered' && (id === undefined || file.id === id),
    );
    if (transfer === undefined) return false;
    if (answer === 'accept') {
      this.#accept(transfer);
    } else {
      this.#transfers.takeOff(transfer, false);
      this.#decline(transfer.file, 'declined');
    }
    return true;
  }

  /**
   * Ends transfers in either direction, for good: what has arrived of them is deleted.
   *
   * @param which - name of the files, or id of one; all files when left out
   * @returns how many there were
   */
  cancel(which?: string): number {
    const found = this.#called(which);
    const error = new QTChatError('ERR_CANCELLED', 'it was cancelled');
    for (const transfer of found) {
      if (transfer.state !== 'moving') {
        this.#options.send({ type: 'file-failed', id: transfer.file.id, reason: 'cancelled' });
      }
      this.#abandon(transfer, error);
    }
    return found.length;
  }

  /**
   * Pauses transfers in either direction, or lets them go on; also those that have not begun.
   *
   * @param which - name of the files, or id of one; all files when left out
   * @returns how many there were
   */
  pause(isOn: boolean, which?: string): number {
    const found = this.#called(which);
    for (const transfer of found) {
      if (transfer.direction === 'out') transfer.outgoing.isPaused = isOn;
      else this.#options.folder.pause(transfer.wanted, isOn);
      if (transfer.state !== 'moving' || !transfer.hold.set('self', isOn)) continue;
      this.#options.send({ type: isOn ? 'file-pause' : 'file-resume', id: transfer.file.id });
      this.#options.emit({ type: isOn ? 'filePaused' : 'fileResumed', file: transfer.file, by: 'self' });
    }
    this.#acceptQueued();
    return found.length;
  }

  /**
   * Opens an arriving file for reading; undefined where it is not arriving.
   *
   * @throws {QTChatError} as `Download.open`
   */
  async open(id: string): Promise<ReadableFile | undefined> {
    const transfer = this.#transfers.get(id);
    return transfer?.direction === 'in' && !transfer.file.isFolder ? await transfer.open?.() : undefined;
  }

  /** The peer offers a file. */
  async handleOffer(message: MessageOf<'file-offer'>): Promise<void> {
    const { id, name, sizeBytes, isFolder, resumes } = message;
    if (this.#transfers.get(id) !== undefined) throw new QTChatError('ERR_PROTOCOL', 'the peer offered one file twice');
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
      const answer = await judgeOffer(file, wanted, this.#transfers.incoming.length, this.#options);
      if (this.#closing.signal.aborted) return;
      if (typeof answer === 'string') {
        this.#decline(file, answer);
        return;
      }
      const { isTaken, doneBytes } = answer;
      const controller = new AbortController();
      const transfer: IncomingTransfer = {
        direction: 'in',
        file,
        wanted,
        controller,
        hold: new Hold(),
        lastConnection: 0,
        doneBytes,
        state: 'offered',
      };
      this.#transfers.add(transfer);
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
    const offered = this.#transfers.outgoing(id, 'offered');
    if (offered !== undefined) await this.#options.begins(offered.outgoing, id);
    // It may have been cancelled meanwhile.
    const transfer = this.#transfers.outgoing(id, 'offered');
    if (transfer === undefined || this.#closing.signal.aborted) return;
    this.#mover.startSending(transfer, Math.min(doneBytes, transfer.file.sizeBytes));
    if (!this.#options.dialled) this.#options.send({ type: 'file-ready', id });
  }

  /** The peer does not take our file. */
  handleDecline(message: MessageOf<'file-decline'>): void {
    this.#checkOffered(message.id);
    const transfer = this.#transfers.outgoing(message.id, 'offered');
    if (transfer === undefined) return;
    this.#transfers.takeOff(transfer, false);
    this.#options.emit({ type: 'fileDeclined', file: transfer.file, reason: message.reason });
  }

  /** The sender, which did not dial, expects us to open the stream, or another one. */
  handleReady({ id, number }: MessageOf<'file-ready'>): void {
    if (number !== undefined) {
      this.#mover.further.handleReady(id, number);
      return;
    }
    const transfer = this.#transfers.incoming.find(({ file, state }) => file.id === id && state === 'accepted');
    if (transfer !== undefined && this.#options.dialled) this.#mover.startReceiving(transfer);
  }

  /** The receiver wants another stream of our file; it may have asked before the transfer ended. */
  handleConnection(message: MessageOf<'file-connection'>): void {
    this.#checkOffered(message.id);
    const transfer = this.#transfers.outgoing(message.id, 'moving');
    if (transfer !== undefined) this.#mover.further.handleConnection(transfer, message);
  }

  /** The peer pauses a transfer, or lets it go on. */
  handlePause({ type, id }: MessageOf<'file-pause'> | MessageOf<'file-resume'>): void {
    const transfer = this.#transfers.get(id);
    const isOn = type === 'file-pause';
    if (transfer?.hold.set('peer', isOn) !== true) return;
    this.#options.emit({ type: isOn ? 'filePaused' : 'fileResumed', file: transfer.file, by: 'peer' });
    this.#acceptQueued();
  }

  /** The receiver has our file, complete and on disk; it may have had it before we offered it again. */
  handleReceived({ id }: MessageOf<'file-received'>): void {
    this.#checkOffered(id);
    const offered = this.#transfers.outgoing(id, 'offered');
    if (offered === undefined) {
      this.#transfers.outgoing(id, 'moving')?.received?.();
      return;
    }
    this.#transfers.takeOff(offered, true);
    const { file, source, outgoing } = offered;
    this.#options.emit({ type: 'fileDone', file, ...proofOf(source), path: outgoing.path });
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
    for (const transfer of this.#transfers.all) {
      if (transfer.state === 'moving') this.#abandon(transfer, error);
      else this.#transfers.putBack(transfer);
    }
    await this.#mover.ended();
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

  #called(which: string | undefined): Transfer[] {
    return this.#transfers.all.filter(({ file: { name, id } }) => which === undefined || [name, id].includes(which));
  }

  #accept(transfer: IncomingTransfer): void {
    this.#options.folder.promise(transfer.wanted);
    transfer.state = 'queued';
    this.#acceptQueued();
  }

  #acceptQueued(): void {
    if (this.#closing.signal.aborted) return;
    for (const transfer of dueArrivals(this.#transfers)) this.#take(transfer);
  }

  #take(transfer: IncomingTransfer): void {
    transfer.state = 'accepted';
    // Where we are dialled, the door stands open before the peer hears that it may come.
    if (!this.#options.dialled) this.#mover.startReceiving(transfer);
    this.#options.send({ type: 'file-accept', id: transfer.file.id, doneBytes: transfer.doneBytes });
  }

  #abandon(transfer: Transfer, error: QTChatError): void {
    if (transfer.state === 'moving') {
      transfer.controller.abort(error);
      transfer.stream?.destroy(error);
      return;
    }
    this.#transfers.end(transfer, error, !this.#closing.signal.aborted);
    // What is not wanted any more is not kept either.
    if (transfer.direction === 'in' && isFinal(error)) void this.#options.folder.drop(transfer.wanted);
    this.#acceptQueued();
  }
}
