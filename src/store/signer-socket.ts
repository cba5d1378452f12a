/**
 * Where the signer of a home listens: `signer.sock` in the home, for its owner alone. The names of sockets
 * are short (104 octets at most on some systems): in a home with a longer one `signer.sock` is a link to a
 * socket in a private folder of its own.
 */
import { createHash } from 'node:crypto';
import { lstat, mkdtemp, readlink, rename, rm, symlink } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { QTChatError, quote, systemErrorCode } from '../errors.js';
import { explainingWrite } from './file-error.js';
import type { Home } from './home.js';

/** Octets of the longest name that every system takes, without the zero at its end. */
const nameLimitBytes = 103;

/** A place to listen at. */
export interface SignerPlace {
  readonly path: string;
  /** Takes away what stands there; the socket itself goes with its server. */
  remove(): Promise<void>;
}

/**
 * Connects to the signer of a home.
 *
 * @returns undefined when none is listening
 */
export async function connectSignerSocket(home: Home): Promise<Socket | undefined> {
  const path = await resolveName(signerSocketPath(home));
  return path === undefined ? undefined : connected(path);
}

/** Tells whether there may be a signer in a home: quick, for those who would otherwise ask for a password. */
export async function maySignerListen(home: Home): Promise<boolean> {
  return process.platform === 'win32' || isThere(signerSocketPath(home));
}

/**
 * Prepares the place for a signer; what a killed one left there is taken away.
 *
 * @throws {QTChatError} `ERR_STORE_EXISTS` when a signer is listening there, `ERR_STORE_UNWRITABLE`
 */
export async function prepareSignerPlace(home: Home): Promise<SignerPlace> {
  const name = signerSocketPath(home);
  const other = await connectSignerSocket(home);
  if (other !== undefined) {
    other.destroy();
    throw new QTChatError('ERR_STORE_EXISTS', `an Auto CA is running in ${quote(home.folder)} already`, {
      hint: 'Stop it first; qtchat status shows it',
    });
  }
  if (process.platform === 'win32') return { path: name, remove: async () => {} };
  return explainingWrite(name, async () => {
    if (fits(name)) {
      await rm(name, { force: true });
      return { path: name, remove: () => rm(name, { force: true }) };
    }
    const folder = await mkdtemp(join(fits(join(tmpdir(), 'qtchat-XXXXXX', 's')) ? tmpdir() : '/tmp', 'qtchat-'));
    await symlink(join(folder, 's'), join(folder, 'link'));
    await rename(join(folder, 'link'), name);
    const remove = async (): Promise<void> => {
      await rm(name, { force: true });
      await rm(folder, { recursive: true, force: true });
    };
    return { path: join(folder, 's'), remove };
  });
}

function signerSocketPath(home: Home): string {
  // Windows has named pipes instead, in a name space of their own.
  if (process.platform === 'win32') {
    return `\\\\.\\pipe\\qtchat-${createHash('sha256').update(home.folder).digest('hex').slice(0, 32)}`;
  }
  return join(home.folder, 'signer.sock');
}

async function resolveName(name: string): Promise<string | undefined> {
  if (process.platform === 'win32' || fits(name)) return name;
  try {
    const target = await readlink(name);
    return fits(target) && dirname(target) !== '.' ? target : undefined;
  } catch {
    return undefined;
  }
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

function fits(name: string): boolean {
  return Buffer.byteLength(name) <= nameLimitBytes;
}

/** Undefined when nobody is there; a socket file without a process behind it refuses. */
async function connected(path: string): Promise<Socket | undefined> {
  const socket = createConnection({ path });
  return new Promise((resolve, reject) => {
    socket.once('connect', () => {
      socket.off('error', onError);
      resolve(socket);
    });
    const onError = (error: Error): void => {
      const code = systemErrorCode(error) ?? '';
      if (['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'EACCES', 'EPERM', 'ENOTDIR'].includes(code)) resolve(undefined);
      else reject(error);
    };
    socket.once('error', onError);
  });
}
