/** `doctor` on a revocation list. */
import type { X509Certificate } from 'node:crypto';
import { isQTChatError } from '../../errors.js';
import { type Crl, verifyCrl } from '../../pki/read-crl.js';
import { inWords } from '../../pki/verify-path.js';
import { loadCaChain } from '../../store/ca.js';
import type { Home } from '../../store/home.js';
import { type Finding, findingOf } from './finding.js';
import { rootOrFault } from './root.js';

/**
 * Everything wrong with a revocation list: who signed it, and whether it still counts.
 *
 * @throws {QTChatError} what finding the root throws
 */
export async function listFindings(
  home: Home,
  list: Crl,
  {
    rootFile,
    target,
    now,
    deps,
  }: { rootFile?: string | undefined; target: string; now: Date; deps: { signal: AbortSignal } },
): Promise<Finding[]> {
  const root = await rootOrFault(home, rootFile, deps.signal);
  const patient = { target, member: undefined };
  if ('code' in root) return [findingOf(root, patient)];
  const repair = 'qtchat ca crl, where the CA is';
  const findings: Finding[] = [];
  const issuers = rootFile === undefined ? [root, ...(await ownChain(home))] : [root];
  const faults = issuers.map((issuer) => faultOfList(list, issuer));
  if (!faults.includes(undefined)) findings.push({ about: 'chain', message: faults[0] ?? '', repair });
  if (list.nextUpdate === undefined || list.nextUpdate < now) {
    const end =
      list.nextUpdate === undefined ? 'does not say until when it counts' : `ended on ${inWords(list.nextUpdate)}`;
    findings.push({ about: 'clock', message: `the list ${end}`, repair });
  }
  return findings;
}

/** The CA of this home: what it issues by may be an intermediate. */
async function ownChain(home: Home): Promise<X509Certificate[]> {
  try {
    return await loadCaChain(home);
  } catch (error) {
    if (isQTChatError(error, 'ERR_STORE_NO_CA')) return [];
    throw error;
  }
}

function faultOfList(list: Crl, issuer: X509Certificate): string | undefined {
  try {
    verifyCrl(list, issuer);
    return undefined;
  } catch (error) {
    if (!isQTChatError(error, 'ERR_PKI_CRL_INVALID')) throw error;
    return error.message;
  }
}
