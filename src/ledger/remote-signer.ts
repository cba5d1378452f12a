/** A signer in another process, behind the socket of its home: the client of signer-wire.ts. */
import { createHash, type X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import * as v from 'valibot';
import { fromPlainError, QTChatError } from '../errors.js';
import { issuingCertificate } from '../pki/issuer.js';
import type { Home } from '../store/home.js';
import { connectSignerSocket } from '../store/signer-socket.js';
import type { SignedHead } from './audit-signature.js';
import type { Signer } from './signer.js';
import {
  answerLimitBytes,
  answerSchema,
  FrameReader,
  greetingSchema,
  type SignerAnswer,
  type SignerRequest,
  sendFrame,
} from './signer-wire.js';

/** A connection to a signer. It does not keep the process alive while nothing is asked. */
export interface RemoteSigner extends Signer {
  /** Resolves once the connection has ended, for whatever reason. */
  readonly ended: Promise<void>;
  close(): void;
}

/** How long a signer may take to greet, and to answer. */
const greetingTimeoutMs = 5_000;
const answerTimeoutMs = 60_000;

type Question = SignerRequest extends infer Request ? (Request extends unknown ? Omit<Request, 'id'> : never) : never;

interface Waiting {
  readonly resolve: (answer: SignerAnswer) => void;
  readonly reject: (error: Error) => void;
  readonly deadline: NodeJS.Timeout;
}

/**
 * Connects to the signer of a home.
 *
 * @param chain - the CA's certificates: a signer that issues with another one is of no use
 * @returns undefined when none is listening, or it is of another CA
 */
export async function connectSigner(home: Home, chain: readonly X509Certificate[]): Promise<RemoteSigner | undefined> {
  const socket = await connectSignerSocket(home);
  if (socket === undefined) return undefined;
  const connection = new Connection(socket);
  const issuing = await connection.greeting;
  if (issuing === createHash('sha256').update(issuingCertificate({ chain }).raw).digest('hex')) {
    return {
      chain,
      issue: async (serialNumber) => derOf(await connection.ask({ certificate: serialNumber })),
      issueCrl: async (number) => derOf(await connection.ask({ crl: number })),
      signAuditHead: async () => signedHeadOf(await connection.ask({ auditHead: true })),
      ended: connection.ended,
      close: () => socket.destroy(),
    };
  }
  socket.destroy();
  return undefined;
}

class Connection {
  /** The certificate that the signer issues with; undefined when it ends without a word. */
  readonly greeting: Promise<string | undefined>;
  readonly ended: Promise<void>;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    let greet: (issuing: string | undefined) => void = () => {};
    this.greeting = new Promise((resolve) => {
      greet = resolve;
    });
    const deadline = setTimeout(() => socket.destroy(), greetingTimeoutMs);
    let isGreeted = false;
    const greetings = new FrameReader(answerLimitBytes, (value) => {
      if (isGreeted) return v.parse(answerSchema, value);
      isGreeted = true;
      clearTimeout(deadline);
      greet(v.parse(greetingSchema, value).issuing);
      socket.unref();
      return undefined;
    });
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const answer of greetings.read(chunk)) if (answer !== undefined) this.#take(answer);
      } catch {
        socket.destroy();
      }
    });
    // What there is to say of an error is said by the end that follows.
    socket.on('error', () => {});
    this.ended = new Promise((resolve) => {
      socket.on('close', () => {
        clearTimeout(deadline);
        greet(undefined);
        for (const id of [...this.#waiting.keys()]) this.#settle(id)?.reject(signerGone());
        resolve();
      });
    });
  }

  async ask(question: Question): Promise<SignerAnswer> {
    if (this.#socket.destroyed) throw signerGone();
    const id = this.#nextId++;
    this.#socket.ref();
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => this.#settle(id)?.reject(signerGone()), answerTimeoutMs);
      this.#waiting.set(id, { resolve, reject, deadline });
      sendFrame(this.#socket, { id, ...question });
    });
  }

  #take(answer: SignerAnswer): void {
    const waiting = this.#settle(answer.id);
    if (waiting === undefined) return;
    if (!('code' in answer)) waiting.resolve(answer);
    else waiting.reject(fromPlainError(answer));
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return undefined;
    clearTimeout(waiting.deadline);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#socket.unref();
    return waiting;
  }
}

function derOf(answer: SignerAnswer): Buffer {
  if ('der' in answer) return Buffer.from(answer.der, 'base64');
  throw signerGone();
}

function signedHeadOf(answer: SignerAnswer): SignedHead {
  if (!('signature' in answer)) throw signerGone();
  const { sequence, sha256, signature } = answer;
  return { sequence, sha256: Buffer.from(sha256, 'hex'), signature: Buffer.from(signature, 'base64') };
}

/** The error for a signer that does not answer any more. */
export function signerGone(): QTChatError {
  return new QTChatError('ERR_SIGNER_GONE', 'the process that holds the CA key has ended, or does not answer', {
    hint: 'See what the Auto CA of this home says; nothing was issued',
  });
}
