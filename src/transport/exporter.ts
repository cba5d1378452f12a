/**
 * Binds a second connection to a first one. Both ends of the control session can derive the same
 * secret from it, nobody else can (TLS exporter, RFC 8446 §7.5), so whoever shows it was there.
 */
import type { TLSSocket } from 'node:tls';

/** Octets of a file token. */
export const fileTokenBytes = 32;

/**
 * The token of the connection that carries one file.
 *
 * @param control - the socket of the control session
 * @param transferId - 16 octets as hex; other transfers of the session have other tokens
 */
export function fileToken(control: TLSSocket, transferId: string): Buffer {
  return control.exportKeyingMaterial(fileTokenBytes, 'EXPORTER-qtchat-file', Buffer.from(transferId, 'hex'));
}
