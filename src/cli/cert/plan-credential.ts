/** `--dry-run`, and what is shown before signing: what would be issued. Asks for no password, writes nothing. */
import { createPublicKey } from 'node:crypto';
import { refuseTakenKey } from '../../ledger/keys.js';
import { hasLedger } from '../../ledger/location.js';
import { nameHolders, nameTaken } from '../../ledger/members.js';
import { openLedger } from '../../ledger/open.js';
import { checkPlan } from '../../pki/check-plan.js';
import { circleIdOf } from '../../pki/circle.js';
import { rootCertificate } from '../../pki/issuer.js';
import { generateKey } from '../../pki/key-type.js';
import { buildCertificatePlan, type CertificatePlan, type EndEntityRequest } from '../../pki/plan.js';
import { loadCaChain } from '../../store/ca.js';
import type { Home } from '../../store/home.js';
import { loadProfile } from '../../store/profiles.js';
import type { Deps } from '../deps.js';
import type { CredentialRequest } from './issue-credential.js';

/** What would be issued. */
export interface PlannedCredential {
  readonly plan: CertificatePlan;
  readonly circleId: string;
}

/** The certificate to plan, and for whom. */
export interface PlannedRequest extends Omit<EndEntityRequest, 'validityDays'> {
  /** The profile's default when left out. */
  readonly validityDays?: number | undefined;
  readonly profileName: string;
  /** The name may be taken. */
  readonly replace: boolean;
}

/**
 * Plans and checks the certificate as {@link issueCredential} would, for a key that is thrown away.
 *
 * @throws {QTChatError} what issuing would throw before it signs
 */
export async function planCredential(
  home: Home,
  request: CredentialRequest,
  deps: Pick<Deps, 'clock' | 'random'>,
): Promise<PlannedCredential> {
  const publicKey = createPublicKey(await generateKey(request.keyType));
  return planCertificate(home, { ...request, publicKey }, deps);
}

/**
 * Plans and checks a certificate for a key that is there already.
 *
 * @throws {QTChatError} what issuing would throw before it signs
 */
export async function planCertificate(
  home: Home,
  request: PlannedRequest,
  deps: Pick<Deps, 'clock' | 'random'>,
): Promise<PlannedCredential> {
  const [chain, profile] = await Promise.all([loadCaChain(home), loadProfile(request.profileName, home)]);
  const { validityDays = profile.defaultValidityDays } = request;
  const issuer = { chain, sign: () => Promise.reject(new Error('a dry run signs nothing')) };
  const plan = buildCertificatePlan({ ...request, validityDays }, profile, issuer, deps);
  checkPlan(plan, issuer);
  await refuseTaken(home, request, plan.publicKey.der, deps);
  return { plan, circleId: circleIdOf(rootCertificate(issuer)) };
}

async function refuseTaken(
  home: Home,
  { member, replace }: PlannedRequest,
  spki: Buffer,
  deps: Pick<Deps, 'clock'>,
): Promise<void> {
  if (!(await hasLedger(home))) return;
  const ledger = await openLedger(home);
  try {
    const [holder] = await nameHolders(ledger, member, deps.clock());
    if (holder !== undefined && !replace) throw nameTaken(holder);
    await refuseTakenKey(ledger, { member, spki }, deps.clock());
  } finally {
    await ledger.destroy();
  }
}
