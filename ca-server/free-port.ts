/** Asks whether a port is free, before anybody is asked for a password. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { start } from './guard.js';

/**
 * Refuses a port that cannot be listened on now.
 *
 * @throws {QTChatError} `ERR_PORT_IN_USE`, `ERR_ADDRESS_UNAVAILABLE`
 */
export async function requireFreePort(options: {
  readonly host?: string;
  readonly port: number;
  /** The flag that chooses another one. */
  readonly flag?: string;
}): Promise<void> {
  const server = createServer();
  await start(server, options);
  server.close();
  await once(server, 'close');
}
