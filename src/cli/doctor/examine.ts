/**
 * `doctor`: everything about a file or a server that can be judged from here. It changes nothing and
 * stops at nothing: what is wrong is found, not thrown.
 */

import type { X509Certificate } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import { isQTChatError, quote } from '../../errors.js';
import { extendedKeyUsagesOf, readCertificateFields } from '../../pki/certificate-fields.js';
import { circleNamesOf } from '../../pki/circle.js';
import { readCsr } from '../../pki/csr.js';
import { csrFromFile } from '../../pki/csr-file.js';
import { describeCertificate } from '../../pki/describe.js';
import type { ExtendedKeyUsage } from '../../pki/oids.js';
import { readPrivateKey } from '../../pki/private-key.js';
import { readCrl } from '../../pki/read-crl.js';
import { verifyNames } from '../../pki/verify-names.js';
import { type PathFault, verifyPath } from '../../pki/verify-path.js';
import { verifyRevocation } from '../../pki/verify-revocation.js';
import type { Home } from '../../store/home.js';
import { exists, longListBytes, readBoundedFile } from '../../store/private-file.js';
import type { BusyDeps } from '../busy.js';
import { inspect } from '../cert/inspect.js';
import { faultsByLedger } from '../cert/verify-certificate.js';
import type { Deps } from '../deps.js';
import { listFindings } from './examine-list.js';
import { type Finding, findingOf, type Patient, refusedFinding } from './finding.js';
import { rootOrFault } from './root.js';

/** What to examine, as typed. */
export interface Examination {
  /** FILE or HOST:PORT. */
  readonly target: string;
  readonly rootFile?: string | undefined;
  /** The private key that should belong to the certificate. */
  readonly keyFile?: string | undefined;
  readonly crlFiles: readonly string[];
  /** Asked only for a `.pfx`. */
  readonly pfxPassword: () => Promise<string>;
  /** Asked only for an encrypted `keyFile`. */
  readonly keyPassword: () => Promise<string | undefined>;
  readonly deps: BusyDeps & Pick<Deps, 'signal'>;
  readonly now: Date;
}

/**
 * Examines a file or a server.
 *
 * @returns everything found wrong, in the order in which it is worth repairing; empty when all is well
 * @throws {QTChatError} only for what kept it from looking: `ERR_STORE_NOT_FOUND`, `ERR_STORE_PERMISSIONS`,
 *   `ERR_PASSWORD_WRONG`, `ERR_PASSWORD_REQUIRED`, `ERR_PEER_UNREACHABLE`, `ERR_CANCELLED`
 */
export async function examine(home: Home, wanted: Examination): Promise<Finding[]> {
  const { target, keyFile, pfxPassword, deps } = wanted;
  // Each is read once: it may be a pipe.
  const content = (await exists(target)) ? await readBoundedFile(target, deps.signal) : undefined;
  const keyContent = keyFile === undefined ? undefined : await readBoundedFile(keyFile, deps.signal);
  const open = [...(await tooOpen(target, content)), ...(await tooOpen(keyFile, keyContent))];
  const patient = { target, member: undefined };
  try {
    const inspected = await inspect(target, { password: pfxPassword, content, deps });
    switch (inspected.kind) {
      case 'request':
        await readCsr(csrFromFile(content ?? Buffer.alloc(0)));
        return open;
      case 'revocation-list':
        return [...open, ...(await listFindings(home, inspected.list, wanted))];
      default:
        return [
          ...open,
          ...(await chainFindings(home, inspected.chain, inspected.kind === 'server', { ...wanted, keyContent })),
        ];
    }
  } catch (error) {
    if (!isQTChatError(error) || !/^ERR_PKI_/.test(error.code)) throw error;
    return [...open, refusedFinding(error, patient)];
  }
}

/** A file with a key in it that others may read. */
async function tooOpen(path: string | undefined, content: Buffer | undefined): Promise<Finding[]> {
  if (process.platform === 'win32' || path === undefined || content === undefined) return [];
  const { mode } = await stat(path);
  const holdsKey = content.includes('PRIVATE KEY-----') || /\.(pfx|p12|key)$/i.test(path);
  if (!holdsKey || (mode & 0o077) === 0) return [];
  const message = `others on this machine may read ${quote(path)}, which holds a private key`;
  return [{ about: 'permissions', message, repair: `chmod 600 ${quote(path)}` }];
}

async function chainFindings(
  home: Home,
  chain: readonly X509Certificate[],
  isServer: boolean,
  wanted: Examination & { readonly keyContent: Buffer | undefined },
): Promise<Finding[]> {
  const [leaf] = chain;
  if (leaf === undefined) return [];
  const patient: Patient = { target: wanted.target, member: circleNamesOf(leaf)[0]?.member };
  const key = await keyFindings(leaf, patient, wanted, wanted.keyContent);
  const faults = [
    ...((await pathFaults(home, chain, patient, isServer, wanted)) ?? []),
    ...(isServer ? addressFaults(leaf, wanted.target) : []),
    ...((await faultsByLedger(home, leaf)) ?? []),
  ];
  const unique = [...new Map(faults.map((fault) => [fault.message, fault])).values()];
  return [...key, ...unique.map((fault) => findingOf(fault, patient))];
}

async function pathFaults(
  home: Home,
  chain: readonly X509Certificate[],
  { member }: Patient,
  isServer: boolean,
  { rootFile, crlFiles, now, deps }: Examination,
): Promise<PathFault[]> {
  const root = await rootOrFault(home, rootFile, deps.signal);
  if ('code' in root) return [root];
  const purposes = purposesOf(chain, member !== undefined, isServer);
  const judgements = [{ at: now }, ...purposes.map((purpose) => ({ at: now, purpose }))];
  const crls = await Promise.all(
    crlFiles.map(async (path) => readCrl(await readBoundedFile(path, deps.signal, longListBytes))),
  );
  return [
    ...judgements.flatMap((judgement) => verifyPath(chain, root, judgement)),
    ...(crls.length === 0 ? [] : verifyRevocation(chain, root, crls, now)),
  ];
}

/** What the certificate has to be good for: a server for what it does, a member for what the certificate claims. */
function purposesOf([leaf]: readonly X509Certificate[], isMember: boolean, isServer: boolean): ExtendedKeyUsage[] {
  if (isServer || leaf === undefined || !isMember) return isServer ? ['serverAuth'] : [];
  const claimed = extendedKeyUsagesOf(readCertificateFields(leaf)) ?? [];
  // Certificates of the profiles server, client and ocsp bear a member's name too, and are good for one thing each.
  const profiled = (['serverAuth', 'clientAuth', 'OCSPSigning'] as const).filter((usage) => claimed.includes(usage));
  return profiled.length === 0 ? ['serverAuth', 'clientAuth'] : profiled;
}

function addressFaults(leaf: X509Certificate, target: string): PathFault[] {
  const host = target.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return verifyNames(leaf, isIP(host) === 0 ? { hosts: [host], addresses: [] } : { hosts: [], addresses: [host] });
}

async function keyFindings(
  leaf: X509Certificate,
  patient: Patient,
  wanted: Examination,
  content: Buffer | undefined,
): Promise<Finding[]> {
  if (wanted.keyFile === undefined || content === undefined) return [];
  const pem = content.toString('utf8');
  const key = await readPrivateKey(pem).catch(async (error: unknown) => {
    if (!isQTChatError(error, 'ERR_PASSWORD_REQUIRED')) throw error;
    return readPrivateKey(pem, (await wanted.keyPassword()) ?? '');
  });
  if (leaf.checkPrivateKey(key)) return [];
  const message = `the key in ${quote(wanted.keyFile)} is not that of ${quote(describeCertificate(leaf).subject)}`;
  return [{ about: 'key', message, repair: `name the key that was made with ${quote(patient.target)}` }];
}
