/**
 * Where file connections meet the transfers they belong to. A connection must show the token of the
 * control session within seconds, once, and come from the same key; everything else is closed.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { QTChatError } from '../errors.js';
import { transferIdBytes } from '../protocol/file-stream.js';
import type { PeerAddress } from '../store/contacts.js';
import { type DialOptions, dialPeer } from './dial.js';
import { fileTokenBytes } from './exporter.js';
import type { PeerConnection } from './peer-connection.js';
import { fileProtocol } from './tls-options.js';

/** How long a token may be used after both sides agreed on the file. */
const tokenLifetimeMs = 30_000;
const openingTimeoutMs = 10_000;
const openingBytes = fileTokenBytes + transferIdBytes;

interface Expected {
  readonly token: Buffer;
  readonly resolve: (stream: Duplex) => void;
}

/** The file connections that this process waits for, over all its sessions. */
export class FileDoor {
  readonly #expected = new Map<string, Expected>();

  /**
   * Waits for the connection of one transfer.
   *
   * @param spkiSha256 - the key of the control session's peer
   * @throws {QTChatError} `ERR_FILE_INTERRUPTED` after 30 seconds; the reason of `signal` when it aborts
   */
  async expect(id: string, token: Buffer, spkiSha256: string, signal: AbortSignal): Promise<Duplex> {
    let onAbort = (): void => {};
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Duplex>((resolve, reject) => {
        onAbort = () => reject(signal.reason);
        signal.addEventListener('abort', onAbort, { once: true });
        timer = setTimeout(() => {
          reject(new QTChatError('ERR_FILE_INTERRUPTED', 'the peer did not open the file connection in time'));
        }, tokenLifetimeMs);
        this.#expected.set(placeOf(id, spkiSha256), { token, resolve });
      });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      this.#expected.delete(placeOf(id, spkiSha256));
    }
  }

  /**
   * Takes an inbound file connection: hands it to its transfer, or closes it.
   *
   * @throws {QTChatError} `ERR_PEER_REFUSED` when it was closed
   */
  async admit(connection: PeerConnection): Promise<void> {
    const { socket, peer } = connection;
    const opening = await readOpening(connection);
    if (opening === undefined) throw refuse(socket, 'it showed no token');
    const id = opening.subarray(fileTokenBytes).toString('hex');
    const place = placeOf(id, peer.spkiSha256);
    const expected = this.#expected.get(place);
    if (expected === undefined) throw refuse(socket, 'no file is expected on it');
    // Single use: a wrong token spends it too, so nobody can try a second one.
    this.#expected.delete(place);
    if (!timingSafeEqual(expected.token, opening.subarray(0, fileTokenBytes))) {
      throw refuse(socket, 'it showed a wrong token');
    }
    expected.resolve(socket);
  }
}

function refuse(socket: Duplex, why: string): QTChatError {
  socket.destroy();
  return new QTChatError('ERR_PEER_REFUSED', `a file connection was refused: ${why}`);
}

// Ids are the sender's choice: another member's equal one must not get in the way.
function placeOf(id: string, spkiSha256: string): string {
  return `${id} ${spkiSha256}`;
}

function readOpening({ socket }: PeerConnection): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.destroy(), openingTimeoutMs);
    const finish = (opening: Buffer | undefined): void => {
      clearTimeout(timer);
      socket.off('readable', onReadable);
      socket.off('close', onClose);
      socket.off('end', onClose);
      resolve(opening);
    };
    const onClose = (): void => finish(undefined);
    const onReadable = (): void => {
      const octets = socket.read(openingBytes) as Buffer | null;
      // At the end of the stream read() returns whatever there is, less than asked for.
      if (octets !== null) finish(octets.length === openingBytes ? octets : undefined);
    };
    socket.on('readable', onReadable);
    socket.once('close', onClose);
    socket.once('end', onClose);
    onReadable();
  });
}

/**
 * Dials the connection of one transfer and shows the token.
 *
 * @param control - the control session; whoever answers must hold the same key
 * @param address - where the control session was dialled
 * @throws {QTChatError} as {@link dialPeer}, and `ERR_PEER_REFUSED` when another key answers
 */
export async function openFileConnection(
  control: PeerConnection,
  address: PeerAddress,
  transfer: { id: string; token: Buffer },
  options: Omit<DialOptions, 'protocol'>,
): Promise<Duplex> {
  const { socket, peer } = await dialPeer(address, { ...options, protocol: fileProtocol });
  if (peer.spkiSha256 !== control.peer.spkiSha256) {
    socket.destroy();
    throw new QTChatError('ERR_PEER_REFUSED', 'somebody else answered the file connection');
  }
  socket.write(Buffer.concat([transfer.token, Buffer.from(transfer.id, 'hex')]));
  return socket;
}
