/** Turns `--listen ADDR[:PORT]` into where to listen. */
import { isQTChatError, QTChatError, quote } from '../errors.js';
import { chatPorts, parseAddress } from './resolve-who.js';

/**
 * Reads the value of `--listen`. Without it: all interfaces, the first chat port, then the second.
 *
 * @throws {QTChatError} `ERR_USAGE`
 */
export function parseListen(text: string | undefined): { host?: string; ports: readonly number[] } {
  if (text === undefined) return { ports: chatPorts };
  const { host, port } = parseHere(text);
  return { host, ports: port === undefined ? chatPorts : [port] };
}

function parseHere(text: string): { host: string; port?: number } {
  try {
    return parseAddress(text);
  } catch (error) {
    if (!isQTChatError(error, 'ERR_USAGE')) throw error;
    throw new QTChatError('ERR_USAGE', `${quote(text)} is no address to listen on`, {
      hint: 'Give an address of this machine, and a port if it matters: 192.168.1.100:17590, or 0.0.0.0:17590 for all',
    });
  }
}
