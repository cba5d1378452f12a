/**
 * The CA's signature under the end of the audit log. The chain of hashes shows changes in the middle, but
 * whoever may write to the database could compute all hashes anew, or cut the end off. He does not have
 * the CA key: what was signed, he can neither change nor remove unnoticed.
 */
import { verify, type X509Certificate } from 'node:crypto';
import { QTChatError } from '../errors.js';
import { circleIdOf } from '../pki/circle.js';
import { type Issuer, issuingCertificate, rootCertificate } from '../pki/issuer.js';
import { signatureAlgorithmOf } from '../pki/signature-algorithm.js';
import { type AuditHead, auditHead, containsHead } from './audit.js';
import { walkAudit } from './audit-chain.js';
import { readFact, writeFact } from './facts.js';
import { inTransaction } from './open.js';
import type { Ledger } from './schema.js';

/** An end of the log, and the CA's word that the log reached it. */
export interface SignedHead extends AuditHead {
  readonly signature: Buffer;
}

/** Signs the audit log; the CA's signer does. */
export interface AuditSigner {
  /**
   * Signs the end of the log, if the log goes on from what was signed before.
   *
   * @throws {QTChatError} `ERR_LEDGER_DAMAGED` when it does not
   */
  signAuditHead(): Promise<SignedHead>;
}

/**
 * Has the end of the log signed and keeps the signature in the ledger, in place of the one before. Nothing
 * happens when the log is empty or its end is signed already.
 *
 * @throws {QTChatError} `ERR_LEDGER_DAMAGED` when the log does not go on where the last signature stands
 */
export async function signAuditLog(ledger: Ledger, signer: AuditSigner): Promise<void> {
  const head = await auditHead(ledger);
  if (head === undefined || (await readSignedHead(ledger))?.sequence === head.sequence) return;
  const signed = await signer.signAuditHead();
  await inTransaction(ledger, async (transaction) => {
    // Another instance may have been faster, and come further.
    const stored = await readSignedHead(transaction);
    if (stored === undefined || stored.sequence < signed.sequence) await writeSignedHead(transaction, signed);
  });
}

/**
 * Signs the end of the log as it stands in the ledger, for an {@link AuditSigner} whose key is here.
 *
 * @param known - what this signer signed last: the log must go on from there
 * @throws {QTChatError} `ERR_LEDGER_DAMAGED` when it does not, or when the log is empty
 */
export async function signHeadOf(ledger: Ledger, issuer: Issuer, known: AuditHead | undefined): Promise<SignedHead> {
  const stored = await readSignedHead(ledger);
  const isGenuine = stored !== undefined && isSignedBy(issuer, stored);
  const after = known ?? (isGenuine ? stored : undefined);
  const isThere = after === undefined || (await containsHead(ledger, after));
  const { head, brokenAt } = isThere ? await walkAudit(ledger, { after }) : { head: undefined };
  if (head === undefined || brokenAt !== undefined) {
    throw new QTChatError('ERR_LEDGER_DAMAGED', 'the audit log does not go on where the CA signed it last', {
      hint: 'See qtchat autoca audit verify',
    });
  }
  return { ...head, signature: await issuer.sign(statement(issuer, head)) };
}

/**
 * Hands the log over to a CA that follows another one of the same circle: checks that it goes on from what the former
 * one signed, and signs its end with the new key. Nothing happens where the former one's signature does not stand.
 *
 * @returns writes the new signature into the ledger, in place of the former; to be called when the new CA is in place
 * @throws {QTChatError} `ERR_LEDGER_DAMAGED` when the log does not go on where it was signed
 */
export async function handOverAuditLog(
  ledger: Ledger,
  former: { readonly chain: readonly X509Certificate[] },
  issuer: Issuer,
): Promise<() => Promise<void>> {
  const stored = await readSignedHead(ledger);
  if (stored === undefined || !isSignedBy(former, stored)) return async () => {};
  const signed = await signHeadOf(ledger, issuer, stored);
  return () => writeSignedHead(ledger, signed);
}

/** The signed end of the log that the ledger holds; undefined when there is none that can be read. */
export async function readSignedHead(ledger: Ledger): Promise<SignedHead | undefined> {
  const [sequence, sha256 = '', signature = ''] = ((await readFact(ledger, 'audit_signature')) ?? '').split(' ');
  if (sequence === undefined || !/^[1-9]\d{0,15}$/.test(sequence)) return undefined;
  return {
    sequence: Number(sequence),
    sha256: Buffer.from(sha256, 'hex'),
    signature: Buffer.from(signature, 'base64'),
  };
}

/** Tells whether the CA signed this end of the log. */
export function isSignedBy(ca: { readonly chain: readonly X509Certificate[] }, signed: SignedHead): boolean {
  const { publicKey } = issuingCertificate(ca);
  return verify(signatureAlgorithmOf(publicKey).digest, statement(ca, signed), publicKey, signed.signature);
}

async function writeSignedHead(ledger: Ledger, { sequence, sha256, signature }: SignedHead): Promise<void> {
  const text = `${sequence} ${sha256.toString('hex')} ${signature.toString('base64')}`;
  await writeFact(ledger, 'audit_signature', text);
}

// Text, so that it is no TBSCertificate and no TBSCertList: those begin with the octet 0x30 and a length.
function statement(ca: { readonly chain: readonly X509Certificate[] }, { sequence, sha256 }: AuditHead): Buffer {
  const circleId = circleIdOf(rootCertificate(ca));
  return Buffer.from(`qtchat audit log\n${circleId}\n${sequence}\n${sha256.toString('hex')}\n`);
}
