/** Turns `--listen ADDR[:PORT]` into where to listen. */
import { chatPorts, parseAddress } from './resolve-who.js';

/**
 * Reads the value of `--listen`. Without it: all interfaces, the first chat port, then the second.
 *
 * @throws {QTChatError} `ERR_USAGE`
 */
export function parseListen(text: string | undefined): { host?: string; ports: readonly number[] } {
  if (text === undefined) return { ports: chatPorts };
  const { host, port } = parseAddress(text);
  return { host, ports: port === undefined ? chatPorts : [port] };
}
