// Bare mutual TLS 1.3 between two Node processes, with the credentials of members: the floor of what peers do.
import { once } from 'node:events';
import { connect, createServer } from 'node:tls';

/** Options of TLS by which a member shows itself and knows others of its circle. */
export async function credentialOf(all, home) {
  const { privateKey, chain, trustAnchor } = await all.loadIdentity(home);
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  return { key, cert: chain.join('\n'), ca: trustAnchor.toString(), minVersion: 'TLSv1.3' };
}

/** Listens on loopback; resolves with the port. */
export async function listenBare(all, home, onSocket) {
  const server = createServer({ ...(await credentialOf(all, home)), requestCert: true }, (socket) => {
    socket.setNoDelay(true);
    onSocket(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}

/** Connects to who listens on loopback. */
export async function dialBare(all, home, port) {
  const credential = await credentialOf(all, home);
  const socket = connect({ ...credential, port, host: '127.0.0.1', checkServerIdentity: () => undefined });
  await once(socket, 'secureConnect');
  socket.setNoDelay(true);
  return socket;
}
