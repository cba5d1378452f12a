/** Makes the CA of a home: key, root certificate, and a ledger that begins with them. */
import type { X509Certificate } from 'node:crypto';
import { retireLedger } from '../ledger/open.js';
import { checkPlan } from '../pki/check-plan.js';
import { issueRoot } from '../pki/issue.js';
import { generateKey, type KeyType } from '../pki/key-type.js';
import { buildRootPlan } from '../pki/plan.js';
import { encryptPrivateKey, privateKeyToPem } from '../pki/private-key.js';
import { refuseExistingCa, saveCa } from '../store/ca.js';
import { caFolder, type Home } from '../store/home.js';
import { takeBack } from '../store/private-file.js';
import type { Deps } from './deps.js';
import { withSpinner } from './spinner.js';

/** The CA to make. */
export interface CaRequest {
  /** For people; part of the root certificate. */
  readonly name: string;
  readonly keyType: KeyType;
  readonly validityDays: number;
  /** An old CA and its ledger are kept beside the new ones. */
  readonly force: boolean;
  /** Asked for once everything else has been judged; undefined leaves the key unencrypted. */
  readonly password: () => Promise<string | undefined>;
}

/** The CA made. */
export interface CreatedCa {
  readonly root: X509Certificate;
  readonly encrypted: boolean;
  /** Where the former CA is now. */
  readonly oldCa?: string;
  /** Where the former ledger is now. */
  readonly oldLedger?: string;
}

/**
 * Makes and saves a CA, all of it or nothing.
 *
 * @throws {QTChatError} `ERR_STORE_EXISTS` unless `force`, `ERR_PKI_VALIDITY`, `ERR_PKI_NAME_INVALID`,
 *   `ERR_STORE_UNWRITABLE`, and what `password` throws
 */
export async function createCa(
  home: Home,
  request: CaRequest,
  deps: Pick<Deps, 'clock' | 'random' | 'stderr'>,
): Promise<CreatedCa> {
  const { name, keyType, validityDays, force } = request;
  if (!force) await refuseExistingCa(home);
  const key = await withSpinner('Making the key', deps, () => generateKey(keyType));
  const plan = buildRootPlan({ name, key, validityDays }, deps);
  checkPlan(plan);
  const password = await request.password();
  const root = await issueRoot(plan, key);
  const keyPem = password === undefined ? privateKeyToPem(key) : await encryptPrivateKey(key, password, deps);
  const oldCa = await saveCa(home, { keyPem, root }, { force });
  // What a former CA issued means nothing under the new root: its names are free again.
  const oldLedger = await retireLedger(home).catch(async (error: unknown) => {
    await takeBack(caFolder(home), oldCa);
    throw error;
  });
  return {
    root,
    encrypted: password !== undefined,
    ...(oldCa !== undefined && { oldCa }),
    ...(oldLedger !== undefined && { oldLedger }),
  };
}
