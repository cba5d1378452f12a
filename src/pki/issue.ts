/** Issues certificates: check the plan, sign it, and read back what was made before anyone gets it. */
import { createPublicKey, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { checkIntermediate } from './check-ca-plan.js';
import { checkPlan } from './check-plan.js';
import { type Issuer, issuingCertificate } from './issuer.js';
import type { CertificatePlan } from './plan.js';
import { signatureAlgorithmOf } from './signature-algorithm.js';
import { encodeCertificate, encodeTbsCertificate } from './tbs-certificate.js';
import { verifyIssued, verifyIssuedRoot } from './verify-issued.js';

/**
 * Issues a member's certificate.
 *
 * @throws {QTChatError} what {@link checkPlan} refuses with; `ERR_PKI_PATH_INVALID` when the result does not verify
 */
export async function issueCertificate(plan: CertificatePlan, issuer: Issuer): Promise<X509Certificate> {
  return new X509Certificate(await issueDer(plan, issuer));
}

/**
 * The same for many certificates: what comes back is the DER alone, because OpenSSL takes longer to
 * open a certificate than to sign it.
 *
 * @throws {QTChatError} as {@link issueCertificate}
 */
export async function issueDer(plan: CertificatePlan, issuer: Issuer): Promise<Buffer> {
  checkPlan(plan, issuer);
  return signPlan(plan, issuer);
}

/**
 * Issues the certificate of an intermediate CA.
 *
 * @throws {QTChatError} what {@link checkIntermediate} refuses with; `ERR_PKI_PATH_INVALID` when the result does not verify
 */
export async function issueIntermediate(plan: CertificatePlan, issuer: Issuer): Promise<X509Certificate> {
  checkIntermediate(plan, issuer);
  return new X509Certificate(await signPlan(plan, issuer));
}

async function signPlan(plan: CertificatePlan, issuer: Issuer): Promise<Buffer> {
  const algorithm = signatureAlgorithmOf(issuingCertificate(issuer).publicKey);
  const tbs = encodeTbsCertificate(plan, algorithm);
  const der = encodeCertificate(tbs, algorithm, await issuer.sign(tbs));
  verifyIssued(der, plan, issuer);
  return der;
}

/**
 * Issues a self-signed root with its own key.
 *
 * @throws {QTChatError} what {@link checkPlan} refuses with; `ERR_PKI_PATH_INVALID` when `key` is not the plan's
 */
export async function issueRoot(plan: CertificatePlan, key: KeyObject): Promise<X509Certificate> {
  checkPlan(plan);
  const algorithm = signatureAlgorithmOf(createPublicKey(key));
  const tbs = encodeTbsCertificate(plan, algorithm);
  const root = encodeCertificate(tbs, algorithm, sign(algorithm.digest, tbs, key));
  verifyIssuedRoot(root, plan);
  return new X509Certificate(root);
}
