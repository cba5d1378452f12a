/** Errors about files, in words that say what to do: those of the system, and our own refusals. */
import { type ErrorCode, QTChatError, quote, systemErrorCode } from '../errors.js';

/** Runs `action`, turning errors of the system into `ERR_STORE_UNWRITABLE` or `ERR_STORE_NO_SPACE` for `path`. */
export async function explainingWrite<Result>(path: string, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    throw explained(error, path, 'write');
  }
}

/** An error of the system in our words; any other as it is. */
export function explained(error: unknown, path: string, verb: 'read' | 'write'): unknown {
  const system = systemErrorCode(error);
  if (system === undefined || error instanceof QTChatError) return error;
  if (system === 'ENOSPC' || system === 'EDQUOT') return noSpace(path, error);
  const isMissing = verb === 'read' && (system === 'ENOENT' || system === 'ENOTDIR');
  const code: ErrorCode =
    verb === 'write' ? 'ERR_STORE_UNWRITABLE' : isMissing ? 'ERR_STORE_NOT_FOUND' : 'ERR_STORE_PERMISSIONS';
  const hint =
    verb === 'write'
      ? (writeHints[system] ?? 'Make its folder writable for you, or choose another one')
      : isMissing
        ? 'Check the path'
        : 'Check that it is a file and that you may read it';
  const message = isMissing ? `there is no file ${quote(path)}` : `cannot ${verb} ${quote(path)} (${system})`;
  return new QTChatError(code, message, { hint, cause: error });
}

const inTheWay = 'A file stands where a folder is needed: choose another place';
const writeHints: Readonly<Record<string, string>> = {
  EEXIST: inTheWay,
  ENOTDIR: inTheWay,
  ENOENT: 'Its folder is not there: make it, or choose another one',
};

/** The error for a file that a full disk has no room for. */
export function noSpace(path: string, cause: unknown): QTChatError {
  return new QTChatError('ERR_STORE_NO_SPACE', `the disk has no room for ${quote(path)}`, {
    hint: 'Make room, then try again',
    cause,
  });
}

/**
 * The error for a path that is taken.
 *
 * @param canForce - whether the command has `--force`
 */
export function existsError(path: string, canForce = true): QTChatError {
  const way = canForce ? 'with --force the old one is kept as .bak' : 'choose another place';
  return new QTChatError('ERR_STORE_EXISTS', `${quote(path)} exists already`, {
    hint: `Nothing was overwritten; ${way}`,
  });
}

/** The error for a file with a secret that others than its owner may read. */
export function tooOpen(path: string): QTChatError {
  return new QTChatError('ERR_STORE_PERMISSIONS', `${quote(path)} holds a secret, but others may read it`, {
    hint: `Run chmod 600 ${quote(path)}`,
  });
}

/** The error for a file that is longer than what it should be. */
export function tooLong(path: string, limitBytes: number): QTChatError {
  const limit = `${limitBytes / 1024 / 1024} MiB`;
  return new QTChatError(
    'ERR_STORE_DAMAGED',
    `${quote(path)} is longer than ${limit}, so it cannot be what was expected`,
  );
}
