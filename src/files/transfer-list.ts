/** The transfers of one session, offered or on their way, and what becomes of a file whose transfer ends. */
import { QTChatError } from '../errors.js';
import type { FileEvent } from './file-events.js';
import type { IncomingTransfer, OutgoingFile, OutgoingTransfer, Transfer } from './transfer.js';

/** Who is told of ends. */
export interface TransferListOptions {
  readonly emit: (event: FileEvent) => void;
  /** Takes a file back that is to be offered again, over this session or another. */
  readonly again: (outgoing: OutgoingFile) => void;
  /** Told that a file of ours has arrived, or will not. */
  readonly over: (outgoing: OutgoingFile, hasArrived: boolean) => void;
}

// A file connection that breaks at once, again and again, will not hold.
const maximumVainAttempts = 3;

/** All transfers by their ids, in the order in which they were offered. */
export class TransferList {
  readonly #options: TransferListOptions;
  readonly #transfers = new Map<string, Transfer>();

  constructor(options: TransferListOptions) {
    this.#options = options;
  }

  /** All, at this moment. */
  get all(): Transfer[] {
    return [...this.#transfers.values()];
  }

  /** Those of files of the peer. */
  get incoming(): IncomingTransfer[] {
    return this.all.filter((transfer) => transfer.direction === 'in');
  }

  get(id: string): Transfer | undefined {
    return this.#transfers.get(id);
  }

  /** One of a file of ours, where it is in that state. */
  outgoing(id: string, state: Transfer['state']): OutgoingTransfer | undefined {
    const transfer = this.#transfers.get(id);
    return transfer?.direction === 'out' && transfer.state === state ? transfer : undefined;
  }

  add(transfer: Transfer): void {
    this.#transfers.set(transfer.file.id, transfer);
  }

  /** Takes one off that has not begun; its file may be offered again. */
  putBack(transfer: Transfer): void {
    this.#transfers.delete(transfer.file.id);
    if (transfer.direction === 'out') this.#options.again(transfer.outgoing);
  }

  /** Takes one off whose file has arrived, or will not. */
  takeOff(transfer: Transfer, hasArrived: boolean): void {
    this.#transfers.delete(transfer.file.id);
    if (transfer.direction === 'out') this.#options.over(transfer.outgoing, hasArrived);
  }

  /**
   * Takes one off that has failed. What only broke off is offered again, unless that is in vain.
   *
   * @param isPeerHere - whether the session lives on
   */
  end(transfer: Transfer, failure: QTChatError, isPeerHere: boolean): void {
    const { emit, again } = this.#options;
    const { file } = transfer;
    if (failure.code !== 'ERR_FILE_INTERRUPTED') {
      this.takeOff(transfer, false);
      emit({ type: 'fileFailed', file, error: failure });
      return;
    }
    if (transfer.direction === 'out') {
      const { outgoing } = transfer;
      if (isPeerHere) outgoing.vainAttempts += 1;
      if (outgoing.vainAttempts > maximumVainAttempts) {
        this.takeOff(transfer, false);
        emit({ type: 'fileFailed', file, error: inVain(failure) });
        return;
      }
      outgoing.brokenId = file.id;
      // Counted as waiting before anybody hears of it.
      this.#transfers.delete(file.id);
      again(outgoing);
    }
    this.#transfers.delete(file.id);
    emit({ type: 'fileInterrupted', file, error: failure });
  }
}

function inVain(failure: QTChatError): QTChatError {
  return new QTChatError('ERR_FILE_FAILED', `no file connection holds: ${failure.message}`, {
    hint: 'Send the file again when the network is better',
    cause: failure,
  });
}
