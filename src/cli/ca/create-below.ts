/**
 * Makes the next intermediate CA below a root that is there already: in its own home, which goes on with its
 * ledger, or in another one, which begins with an empty ledger of the same circle.
 */
import type { X509Certificate } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { isQTChatError } from '../../errors.js';
import { handOverAuditLog } from '../../ledger/audit-signature.js';
import { hasLedger } from '../../ledger/location.js';
import { openLedger } from '../../ledger/open.js';
import { retireLedger } from '../../ledger/retire.js';
import { issueIntermediate } from '../../pki/issue.js';
import { createIssuer, type Issuer, issuingCertificate, rootCertificate } from '../../pki/issuer.js';
import { laterIssuingName } from '../../pki/issuing-name.js';
import { generateKey } from '../../pki/key-type.js';
import { buildIntermediatePlan } from '../../pki/plan.js';
import { encryptPrivateKey, privateKeyToPem } from '../../pki/private-key.js';
import { keyIdentifier } from '../../pki/spki.js';
import { type CaFiles, loadCaChain, refuseExistingCa, saveCa } from '../../store/ca.js';
import { caFolder, type Home } from '../../store/home.js';
import { loadCaProfile } from '../../store/profiles.js';
import { type BusyDeps, whileCalculating } from '../busy.js';
import type { Deps } from '../deps.js';
import type { PasswordRequest } from '../password.js';
import type { CaRequest, CreatedCa } from './create-ca.js';
import { commonNameOf } from './describe-ca.js';
import { openRoot, type RootFiles } from './open-root.js';

/** The intermediate to make. */
export interface BelowRequest extends Pick<CaRequest, 'keyType' | 'nameConstraints' | 'force' | 'password'>, RootFiles {
  readonly keyFile: string;
  /** Keep the key without a password, though the root's may have one. */
  readonly noPassword: boolean;
}

/**
 * Makes and saves it, all of it or nothing. Its key gets the root's password, or else that of `password`.
 *
 * A root's key that lies in the CA's own folder stays there; any other stays where it is, and is not copied.
 *
 * @throws {QTChatError} `ERR_STORE_EXISTS` unless `force`, what opening the root, planning and writing throw
 */
export async function createBelow(
  home: Home,
  request: BelowRequest,
  deps: PasswordRequest['deps'] & BusyDeps & Pick<Deps, 'clock' | 'random'>,
): Promise<CreatedCa> {
  const { keyType, nameConstraints, force, keyFile, noPassword } = request;
  if (!force) await refuseExistingCa(home);
  const { issuer, keyPem: rootKeyPem, password: rootPassword } = await openRoot(home, request, deps);
  const root = issuingCertificate(issuer);
  const key = await whileCalculating('Making the key that issues', deps, () => generateKey(keyType));
  const mark = keyIdentifier(key).toString('hex').slice(0, 8);
  const wanted = { name: laterIssuingName(commonNameOf(root), mark), key, nameConstraints };
  const plan = buildIntermediatePlan(wanted, await loadCaProfile(), issuer, deps);
  const certificate = await issueIntermediate(plan, issuer);
  const password = noPassword ? undefined : (rootPassword ?? (await request.password()));
  const keyPem =
    password === undefined
      ? privateKeyToPem(key)
      : await whileCalculating('Encrypting', deps, () => encryptPrivateKey(key, password, deps));
  const isInside = resolve(dirname(keyFile)) === caFolder(home);
  const files = { keyPem, intermediates: [certificate], root, ...(isInside && { rootKeyPem }) };
  const chain = [certificate, root];
  const { oldCa, oldLedger } = await place(home, files, { force, issuer: createIssuer(key, chain) });
  return {
    chain,
    encrypted: password !== undefined,
    ...(oldCa !== undefined && { oldCa }),
    ...(oldLedger !== undefined && { oldLedger }),
  };
}

/** Puts the CA in the place of what is here. A former one of the same circle leaves its ledger to it. */
async function place(
  home: Home,
  files: CaFiles,
  { force, issuer }: { force: boolean; issuer: Issuer },
): Promise<{ oldCa?: string | undefined; oldLedger?: string | undefined }> {
  const former = await formerChain(home, files.root);
  if (former === undefined) {
    let oldLedger: string | undefined;
    const beforePlacing = async (): Promise<void> => {
      oldLedger = await retireLedger(home);
    };
    return { oldCa: await saveCa(home, files, { force, beforePlacing }), oldLedger };
  }
  if (!(await hasLedger(home))) return { oldCa: await saveCa(home, files, { force }) };
  const ledger = await openLedger(home);
  try {
    const signAsNew = await handOverAuditLog(ledger, { chain: former }, issuer);
    const oldCa = await saveCa(home, files, { force });
    await signAsNew();
    return { oldCa };
  } finally {
    await ledger.destroy();
  }
}

/** The certificates of the CA that is here, if its root is this one. */
async function formerChain(home: Home, root: X509Certificate): Promise<X509Certificate[] | undefined> {
  try {
    const chain = await loadCaChain(home);
    return rootCertificate({ chain }).raw.equals(root.raw) ? chain : undefined;
  } catch (error) {
    if (isQTChatError(error, 'ERR_STORE_NO_CA')) return undefined;
    throw error;
  }
}
