import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { EnrollmentConnection } from '../../../src/enroll/connection.js';

describe('the connection of an enrolment', () => {
  // Keeping all of it, piece added to piece, took minutes and gigabytes.
  it('drops what floods it, and still notices when the far side ends', async () => {
    let sentBytes = 0;
    const server = createServer(async (socket) => {
      socket.on('error', () => {});
      const piece = Buffer.alloc(256 * 1024);
      while (sentBytes < 128 * 1024 * 1024) {
        sentBytes += piece.length;
        if (!socket.write(piece)) await once(socket, 'drain');
      }
      socket.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const terms = { refused: '', afterRefusal: '', impostor: '', left: '' };
    const connection = await EnrollmentConnection.open('127.0.0.1', port, terms);
    await connection.abandon();
    expect(sentBytes).toBe(128 * 1024 * 1024);
    server.close();
  });
});
