/**
 * Binds a second connection to a first one. Both ends of the control session can derive the same
 * secret from it, nobody else can (TLS exporter, RFC 8446 §7.5), so whoever shows it was there.
 */
import type { TLSSocket } from 'node:tls';
import { QTChatError } from '../errors.js';

/** Octets of a file token. */
export const fileTokenBytes = 32;

/**
 * The token of a connection that carries one file.
 *
 * @param control - the socket of the control session
 * @param transferId - 16 octets as hex; other transfers of the session have other tokens
 * @param number - of the connection: 0 for the first of the transfer, up to 255 for others beside it
 * @throws {QTChatError} `ERR_PEER_UNREACHABLE` when the control session has just ended
 */
export function fileToken(control: TLSSocket, transferId: string, number = 0): Buffer {
  // Node has given the keys back by then, and fails with a TypeError.
  if (control.destroyed) throw new QTChatError('ERR_PEER_UNREACHABLE', 'the connection to the peer ended');
  const context = Buffer.concat([Buffer.from(transferId, 'hex'), number === 0 ? Buffer.of() : Buffer.of(number)]);
  return control.exportKeyingMaterial(fileTokenBytes, 'EXPORTER-qtchat-file', context);
}
