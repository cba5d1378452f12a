/** Asks whether ports are free, before anybody is asked for a password. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { start } from './guard.js';

/**
 * Refuses ports for guests and members that cannot be listened on now; the error names the flag for another one.
 *
 * @throws {QTChatError} `ERR_PORT_IN_USE`, `ERR_ADDRESS_UNAVAILABLE`
 */
export async function requireFreePorts({
  tlsPort,
  ...place
}: {
  readonly host?: string;
  readonly port: number;
  readonly tlsPort: number;
}): Promise<void> {
  await requireFreePort({ ...place, flag: '--port' });
  await requireFreePort({ ...place, port: tlsPort, flag: '--tls-port' });
}

async function requireFreePort(options: { host?: string; port: number; flag: string }): Promise<void> {
  const server = createServer();
  await start(server, options);
  server.close();
  await once(server, 'close');
}
