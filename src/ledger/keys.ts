/** Whose a key is. A key is one member's: with two, nobody could tell who has signed, or who lost it. */
import { createHash } from 'node:crypto';
import { QTChatError } from '../errors.js';
import type { Ledger } from './open.js';
import { prepared } from './prepared.js';

/**
 * Refuses a public key that is not free for a member: another one's valid or just reserved certificate has it, or it
 * was revoked because somebody else may have it. Call it in the transaction that reserves the certificate.
 *
 * @param spki - SubjectPublicKeyInfo in DER
 * @throws {QTChatError} `ERR_LEDGER_KEY_TAKEN`
 */
export async function refuseTakenKey(
  ledger: Ledger,
  { member, spki }: { readonly member: string; readonly spki: Buffer },
  now: Date,
): Promise<void> {
  const { rows } = await certificatesOfKey(ledger, { spkiSha256: createHash('sha256').update(spki).digest('hex') });
  const compromised = rows.find((row) => row.revocation_reason === 'keyCompromise');
  if (compromised !== undefined) {
    throw taken(`the key of certificate ${compromised.serial_number} is compromised, and serves nobody any more`);
  }
  const other = rows.find((row) => row.member !== member && row.revoked_at === null && row.not_after >= now.getTime());
  if (other !== undefined) throw taken(`the key is that of ${other.member} already (${other.serial_number})`);
}

const certificatesOfKey = prepared((ledger, { spkiSha256 }: { spkiSha256: string }) =>
  ledger
    .selectFrom('certificate')
    .select(['member', 'serial_number', 'not_after', 'revoked_at', 'revocation_reason'])
    .where('spki_sha256', '=', spkiSha256),
);

function taken(message: string): QTChatError {
  return new QTChatError('ERR_LEDGER_KEY_TAKEN', message, { hint: 'Ask for a request that is made with a new key' });
}
