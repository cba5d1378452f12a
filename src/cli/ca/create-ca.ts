/** Makes the CA of a home: keys, root and perhaps intermediate certificate, and a ledger that begins with them. */
import type { KeyObject, X509Certificate } from 'node:crypto';
import { retireLedger } from '../../ledger/retire.js';
import { checkPlan } from '../../pki/check-plan.js';
import { issueIntermediate, issueRoot } from '../../pki/issue.js';
import { createIssuer, type Issuer } from '../../pki/issuer.js';
import { issuingName } from '../../pki/issuing-name.js';
import { generateKey, type KeyType } from '../../pki/key-type.js';
import type { NameConstraints } from '../../pki/name-constraints.js';
import { buildIntermediatePlan, buildRootPlan } from '../../pki/plan.js';
import { encryptPrivateKey, privateKeyToPem } from '../../pki/private-key.js';
import { type CaFiles, refuseExistingCa, saveCa } from '../../store/ca.js';
import type { Home } from '../../store/home.js';
import { loadCaProfile } from '../../store/profiles.js';
import { type BusyDeps, whileCalculating } from '../busy.js';
import type { Deps } from '../deps.js';

/** The CA to make. */
export interface CaRequest {
  /** For people; part of the root certificate. */
  readonly name: string;
  readonly keyType: KeyType;
  /** Of the root. */
  readonly validityDays: number;
  /** A CA of its own key issues in the root's place. */
  readonly intermediate: boolean;
  /** What it may certify; anything when undefined. Both certificates say it. */
  readonly nameConstraints?: NameConstraints | undefined;
  /** An old CA and its ledger are kept beside the new ones. */
  readonly force: boolean;
  /** Asked for once everything else has been judged; undefined leaves the key unencrypted. */
  readonly password: () => Promise<string | undefined>;
}

/** The CA made. */
export interface CreatedCa {
  /** The issuing certificate first, the root last. */
  readonly chain: readonly X509Certificate[];
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
  deps: BusyDeps & Pick<Deps, 'clock' | 'random' | 'signal'>,
): Promise<CreatedCa> {
  const { name, keyType, validityDays, nameConstraints, force } = request;
  if (!force) await refuseExistingCa(home);
  const rootKey = await whileCalculating('Making the key', deps, () => generateKey(keyType));
  const plan = buildRootPlan({ name, key: rootKey, validityDays, nameConstraints }, deps);
  checkPlan(plan);
  const root = await issueRoot(plan, rootKey);
  const below = request.intermediate ? await makeIntermediate(request, createIssuer(rootKey, [root]), deps) : undefined;
  const password = await request.password();
  const toFile = (key: KeyObject): Promise<string> | string =>
    password === undefined
      ? privateKeyToPem(key)
      : whileCalculating('Encrypting', deps, () => encryptPrivateKey(key, password, deps));
  const files: CaFiles =
    below === undefined
      ? { keyPem: await toFile(rootKey), root }
      : {
          keyPem: await toFile(below.key),
          intermediates: [below.certificate],
          root,
          rootKeyPem: await toFile(rootKey),
        };
  let oldLedger: string | undefined;
  const oldCa = await saveCa(home, files, {
    force,
    // What a former CA issued means nothing under the new root: its names are free again.
    beforePlacing: async () => {
      oldLedger = await retireLedger(home);
    },
  });
  return {
    chain: [...(files.intermediates ?? []), root],
    encrypted: password !== undefined,
    ...(oldCa !== undefined && { oldCa }),
    ...(oldLedger !== undefined && { oldLedger }),
  };
}

async function makeIntermediate(
  { name, keyType, nameConstraints }: CaRequest,
  issuer: Issuer,
  deps: BusyDeps & Pick<Deps, 'clock' | 'random' | 'signal'>,
): Promise<{ key: KeyObject; certificate: X509Certificate }> {
  const key = await whileCalculating('Making the key that issues', deps, () => generateKey(keyType));
  const request = { name: issuingName(name), key, nameConstraints };
  const plan = buildIntermediatePlan(request, await loadCaProfile(), issuer, deps);
  return { key, certificate: await issueIntermediate(plan, issuer) };
}
