/** Puts a signer on a socket: the server's side of `src/ledger/signer-wire.ts`. It signs, and does nothing else. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import * as v from 'valibot';
import { toPlainError } from '../../src/errors.js';
import type { Signer } from '../../src/ledger/signer.js';
import {
  encodeFrame,
  FrameReader,
  requestLimitBytes,
  requestSchema,
  type SignerAnswer,
  type SignerRequest,
  sendFrame,
} from '../../src/ledger/signer-wire.js';
import { issuingCertificate } from '../../src/pki/issuer.js';

/** Connections at once: the server's own, and those of commands. */
const connectionLimit = 64;
/** Requests of one connection that are in work; more wait in the socket. */
const requestsAtOnce = 256;

/** A signer that listens. */
export interface SignerServer {
  close(): Promise<void>;
}

/** Listens at `path`, which must be free. */
export async function serveSigner(signer: Signer, path: string): Promise<SignerServer> {
  const issuing = createHash('sha256').update(issuingCertificate(signer).raw).digest('hex');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    socket.write(encodeFrame({ version: 1, issuing }));
    answerOn(socket, signer);
  });
  server.maxConnections = connectionLimit;
  server.listen(path);
  await once(server, 'listening');
  return {
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function answerOn(socket: Socket, signer: Signer): void {
  const frames = new FrameReader(requestLimitBytes, (value) => v.parse(requestSchema, value));
  let inWork = 0;
  const answer = async (request: SignerRequest): Promise<void> => {
    inWork += 1;
    if (inWork >= requestsAtOnce) socket.pause();
    const reply = await answerTo(request, signer);
    inWork -= 1;
    if (inWork < requestsAtOnce) socket.resume();
    if (socket.writable) sendFrame(socket, reply);
  };
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const request of frames.read(chunk)) void answer(request);
    } catch {
      // Whoever does not speak the protocol has no business here.
      socket.destroy();
    }
  });
}

async function answerTo(request: SignerRequest, signer: Signer): Promise<SignerAnswer> {
  const { id } = request;
  try {
    if ('auditHead' in request) {
      const { sequence, sha256, signature } = await signer.signAuditHead();
      return { id, sequence, sha256: sha256.toString('hex'), signature: signature.toString('base64') };
    }
    const der = 'crl' in request ? await signer.issueCrl(request.crl) : await signer.issue(request.certificate);
    return { id, der: der.toString('base64') };
  } catch (error) {
    return { id, ...toPlainError(error, 'the signer failed in an unforeseen way') };
  }
}
