/** The names that a certificate is asked for on the command line: by flags and by a san.cnf. */
import { isQTChatError, QTChatError, quote } from '../../errors.js';
import { withoutRepeats } from '../../pki/canonical-name.js';
import { parseEmailAddress } from '../../pki/email-address.js';
import { parseDnsName, parseIpAddress, type SubjectAltName } from '../../pki/subject-alt-name.js';
import { parseUri } from '../../pki/uri.js';
import { readBoundedFile } from '../../store/private-file.js';

/** What was typed. */
export interface NameFlags {
  readonly ip?: string[] | undefined;
  readonly dns?: string[] | undefined;
  readonly email?: string[] | undefined;
  readonly uri?: string[] | undefined;
  /** Path of a san.cnf, whose names come behind those of the other flags. */
  readonly 'san-cnf'?: string | undefined;
}

/** What is asked for. */
export interface RequestedNames {
  /** In canonical form, each once. */
  readonly names: readonly SubjectAltName[];
  /** The common name that the san.cnf gives. */
  readonly commonName?: string;
  /** What of the san.cnf was left out, as sentences without a full stop. */
  readonly warnings: readonly string[];
}

/**
 * Reads the names of flags and file.
 *
 * @param signal - ends the waiting for a pipe
 * @throws {QTChatError} `ERR_PKI_SAN_INVALID` for names that no certificate may have, naming the file where they
 *   stand in it; what reading the file throws
 */
export async function readRequestedNames(flags: NameFlags, signal: AbortSignal): Promise<RequestedNames> {
  const typed = [
    ...(flags.ip ?? []).map(parseIpAddress),
    ...(flags.dns ?? []).map(parseDnsName),
    ...(flags.email ?? []).map(parseEmailAddress),
    ...(flags.uri ?? []).map(parseUri),
  ];
  const path = flags['san-cnf'];
  if (path === undefined) return { names: withoutRepeats(typed), warnings: [] };
  const { names, warnings, ...rest } = await readSanCnf(path, signal);
  const located = warnings.map((warning) => `${quote(path)}: ${warning}`);
  return { ...rest, names: withoutRepeats([...typed, ...names]), warnings: located };
}

async function readSanCnf(path: string, signal: AbortSignal) {
  const content = await readBoundedFile(path, signal);
  const { parseSanCnf } = await import('../../pki/san-cnf.js');
  try {
    return parseSanCnf(content.toString('utf8'));
  } catch (error) {
    if (!isQTChatError(error)) throw error;
    const details = error.hint === undefined ? { cause: error } : { hint: error.hint, cause: error };
    throw new QTChatError(error.code, `${quote(path)}: ${error.message}`, details);
  }
}
