/**
 * Binds a second connection to a first one. Both ends of the control session can derive the same
 * secret from it, nobody else can (TLS exporter, RFC 8446 §7.5), so whoever shows it was there.
 */
import type { TLSSocket } from 'node:tls';
import { QTChatError } from '../errors.js';

/** Octets of a file token. */
export const fileTokenBytes = 32;

/**
 * The token of the connection that carries one file.
 *
 * @param control - the socket of the control session
 * @param transferId - 16 octets as hex; other transfers of the session have other tokens
 * @throws {QTChatError} `ERR_PEER_UNREACHABLE` when the control session has just ended
 */
export function fileToken(control: TLSSocket, transferId: string): Buffer {
  // Node has given the keys back by then, and fails with a TypeError.
  if (control.destroyed) throw new QTChatError('ERR_PEER_UNREACHABLE', 'the connection to the peer ended');
  return control.exportKeyingMaterial(fileTokenBytes, 'EXPORTER-qtchat-file', Buffer.from(transferId, 'hex'));
}
