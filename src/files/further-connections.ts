/**
 * How another file connection of a transfer comes to be: its receiver asks for it over the control session, and whoever dialled
 * that dials this one too, with a token of its own. Neither side loses anything where it does not come about.
 */
import type { Duplex } from 'node:stream';
import { QTChatError } from '../errors.js';
import { highestConnection, type Message, type MessageOf } from '../protocol/messages.js';
import { maximumConnections } from './connection-judge.js';
import type { IncomingTransfer, OutgoingTransfer } from './transfer.js';

/** Opens a file connection of a transfer (dialled), or waits for it; that of number 0 is the first. */
export type Connect = (id: string, signal: AbortSignal, number: number) => Promise<Duplex>;

/** What they need. */
export interface FurtherConnectionsOptions {
  readonly connect: Connect;
  /** Whether this side dials. */
  readonly dialled: boolean;
  readonly send: (message: Message) => void;
}

/** How long the sender may take until it can be dialled. */
const readyTimeoutMs = 30_000;

/** Those of one session. */
export class FurtherConnections {
  readonly #options: FurtherConnectionsOptions;
  /** Told that the sender can be dialled, by transfer and number. */
  readonly #awaited = new Map<string, () => void>();

  constructor(options: FurtherConnectionsOptions) {
    this.#options = options;
  }

  /** Opens another one to the sender of a file; rejects where it does not come about, or when `signal` aborts. */
  async open(transfer: IncomingTransfer, signal: AbortSignal): Promise<Duplex> {
    const { connect, dialled, send } = this.#options;
    const { file } = transfer;
    if (transfer.lastConnection >= highestConnection) throw new Error('there were enough');
    transfer.lastConnection += 1;
    const number = transfer.lastConnection;
    const ask = (): void => send({ type: 'file-connection', id: file.id, number });
    if (dialled) {
      await this.#ready(file.id, number, signal, ask);
      return connect(file.id, signal, number);
    }
    // The door stands open before the peer hears that it may come.
    const connection = connect(file.id, signal, number);
    ask();
    return connection;
  }

  /** The sender expects the connection that we have asked for. */
  handleReady(id: string, number: number): void {
    this.#awaited.get(placeOf(id, number))?.();
  }

  /**
   * The receiver asks for another one. Where it has enough, or the one before is not there yet, it gets none.
   *
   * @throws {QTChatError} `ERR_PROTOCOL` when it has asked for that one before
   */
  handleConnection(transfer: OutgoingTransfer, { id, number }: MessageOf<'file-connection'>): void {
    if (number <= transfer.lastConnection) {
      throw new QTChatError('ERR_PROTOCOL', 'the peer asked for one file connection twice');
    }
    transfer.lastConnection = number;
    const { crew } = transfer;
    if (crew === undefined || transfer.isConnecting === true || crew.size >= maximumConnections - 1) return;
    transfer.isConnecting = true;
    const { connect, dialled, send } = this.#options;
    connect(id, crew.signal, number)
      .finally(() => {
        transfer.isConnecting = false;
      })
      .then(
        (stream) => crew.add(stream),
        () => {},
      );
    if (!dialled) send({ type: 'file-ready', id, number });
  }

  async #ready(id: string, number: number, signal: AbortSignal, ask: () => void): Promise<void> {
    const place = placeOf(id, number);
    let onAbort = (): void => {};
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        onAbort = () => reject(signal.reason);
        signal.addEventListener('abort', onAbort, { once: true });
        timer = setTimeout(() => reject(new Error('the sender opens none')), readyTimeoutMs);
        this.#awaited.set(place, resolve);
        ask();
      });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      this.#awaited.delete(place);
    }
  }
}

function placeOf(id: string, number: number): string {
  return `${id} ${number}`;
}
