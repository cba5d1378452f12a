/**
 * `cert sign`: a certificate for the key of somebody's request. From the request come its public key
 * and, unless a san.cnf replaces them, the names it asks for; everything else is the profile's.
 */
import type { KeyObject, X509Certificate } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import { isQTChatError, QTChatError } from '../../errors.js';
import type { OpenedCa } from '../../ledger/signer.js';
import { canonicalName, withoutRepeats } from '../../pki/canonical-name.js';
import { type CertificateRequest, readCsr } from '../../pki/csr.js';
import { csrFromFile } from '../../pki/csr-file.js';
import { parseMemberName } from '../../pki/member-name.js';
import { toPem } from '../../pki/pem.js';
import { validityDaysCap } from '../../pki/profile.js';
import type { SubjectAltName } from '../../pki/subject-alt-name.js';
import { checkDays } from '../../pki/validity.js';
import type { Home } from '../../store/home.js';
import { createFolder, readBoundedFile, refuseExisting, takeBack, writeFileSafely } from '../../store/private-file.js';
import type { Deps } from '../deps.js';
import { type IssuedCredential, issueAndSave, type Undo } from './issue-and-save.js';
import { memberNameOf } from './own-name.js';
import { readRequestedNames } from './requested-names.js';

/** What was typed. */
export interface SignFlags {
  /** Path of the request, PEM or DER. */
  readonly csr: string;
  /** For whom; the common name of request or san.cnf when left out. */
  readonly name?: string | undefined;
  readonly 'san-cnf'?: string | undefined;
  readonly days?: number | undefined;
  readonly profile: string;
  /** Folder for NAME.pem; the current one when left out. */
  readonly out?: string | undefined;
  readonly replace: boolean;
  readonly force: boolean;
}

/** What is to be signed, and where it goes. */
export interface SigningRequest {
  readonly member: string;
  readonly names: readonly SubjectAltName[];
  readonly publicKey: KeyObject;
  /** The purposes that the request asks for. */
  readonly extendedKeyUsages: readonly string[];
  readonly profileName: string;
  /** The profile's default when left out. */
  readonly validityDays?: number | undefined;
  /** Path of NAME.pem. */
  readonly file: string;
  /** What of the request or the san.cnf is left out, as sentences without a full stop. */
  readonly warnings: readonly string[];
  readonly replace: boolean;
  readonly force: boolean;
}

/**
 * Reads and judges the request, its proof of possession first, and every flag.
 *
 * @param signal - ends the waiting for a pipe
 * @throws {QTChatError} `ERR_PKI_CSR_REFUSED`, `ERR_PKI_SAN_INVALID`, `ERR_PKI_NAME_INVALID`, `ERR_PKI_VALIDITY`,
 *   `ERR_STORE_EXISTS` unless `force`; what reading the files throws
 */
export async function judgeSigningRequest(flags: SignFlags, signal: AbortSignal): Promise<SigningRequest> {
  if (flags.days !== undefined) checkDays(flags.days, validityDaysCap);
  const csr = await readCsr(csrFromFile(await readBoundedFile(flags.csr, signal)));
  const { names, warnings, commonName } = await namesFor(csr, flags['san-cnf'], signal);
  const instead = 'qtchat cert sign CSR NAME';
  const member =
    flags.name === undefined
      ? memberNameOf(csr.commonName || commonName || '', 'the common name', instead)
      : parseMemberName(flags.name);
  const file = join(resolve(flags.out ?? '.'), `${member}.pem`);
  if (!flags.force) await refuseExisting([file]);
  const { days: validityDays, profile: profileName, replace, force } = flags;
  const { publicKey, extendedKeyUsages } = csr;
  const asked = { member, names, warnings, publicKey, extendedKeyUsages };
  return { ...asked, profileName, validityDays, file, replace, force };
}

async function namesFor(csr: CertificateRequest, sanCnf: string | undefined, signal: AbortSignal) {
  if (sanCnf !== undefined) {
    const given = await readRequestedNames({ 'san-cnf': sanCnf }, signal);
    const lost = csr.names.length + csr.otherNames;
    if (lost === 0) return given;
    const warning = `${counted(lost)} of the request left out: --san-cnf decides`;
    return { ...given, warnings: [...given.warnings, warning] };
  }
  const warnings =
    csr.otherNames === 0 ? [] : [`${counted(csr.otherNames)} of the request left out: of a kind that is not supported`];
  return { names: askedNames(csr), warnings, commonName: undefined };
}

function askedNames(csr: CertificateRequest): SubjectAltName[] {
  try {
    return withoutRepeats(csr.names.map(canonicalName));
  } catch (error) {
    if (!isQTChatError(error, 'ERR_PKI_SAN_INVALID')) throw error;
    throw new QTChatError('ERR_PKI_CSR_REFUSED', `the certificate signing request is refused: ${error.message}`, {
      hint: 'Give the names with --san-cnf FILE instead',
      cause: error,
    });
  }
}

function counted(names: number): string {
  return names === 1 ? 'one name' : `${names} names`;
}

/**
 * Issues the certificate and writes NAME.pem, both or neither.
 *
 * @throws {QTChatError} `ERR_LEDGER_NAME_TAKEN` unless `replace`, `ERR_STORE_EXISTS` unless `force`, what planning throws
 */
export async function signRequest(
  home: Home,
  request: SigningRequest,
  ca: OpenedCa,
  deps: Pick<Deps, 'clock' | 'random'>,
): Promise<IssuedCredential> {
  const { member, names, publicKey, profileName, validityDays, replace, file, force } = request;
  const save = async (chain: X509Certificate[], undo: Undo): Promise<void> => {
    await createFolder(dirname(file));
    const old = await writeFileSafely(file, toPem(...chain), { mode: 0o644, existing: force ? 'backup' : 'refuse' });
    undo.push(() => takeBack(file, old));
  };
  const wanted = { member, names, publicKey, profileName, validityDays, replace, by: 'cert sign' };
  return issueAndSave(home, ca, wanted, save, deps);
}
