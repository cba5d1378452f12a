/**
 * What an authentic guest gets: a certificate for its own key, or key and certificate. A private key that
 * is made here is never stored and leaves only inside the locked `.pfx`.
 */
import type { KeyObject } from 'node:crypto';
import type { NoiseTransport } from '../src/enroll/noise.js';
import { type EnrollmentAnswer, type EnrollmentRequest, pfxPasswordFrom } from '../src/enroll/wire.js';
import { reserveInvite } from '../src/ledger/answer-invite.js';
import { readCsr } from '../src/pki/csr.js';
import type { FreshKey } from '../src/pki/fresh-key.js';
import { generatedPasswordIterations } from '../src/pki/pfx.js';
import type { SubjectPublicKey } from '../src/pki/subject-public-key.js';
import type { AutoCa } from './auto-ca.js';
import { refusal } from './refusal.js';

/** What an enrolment led to. */
export interface Reserved {
  readonly invite: string;
  readonly member: string;
  readonly serialNumber: string;
}

/**
 * Issues what the invite says, and reserves the invite for it.
 *
 * @throws {QTChatError} what {@link reserveInvite} and `readCsr` throw
 */
export async function answerRequest(
  { ledger, signer, profile, keys, deps }: AutoCa,
  id: string,
  request: EnrollmentRequest,
  { exportedKey }: Pick<NoiseTransport, 'exportedKey'>,
): Promise<{ answer: EnrollmentAnswer; reserved: Reserved }> {
  const key = request.csr === undefined ? await keys.makeKey() : undefined;
  const publicKey = await publicKeyOf(request, key);
  const { der, member, serialNumber } = await reserveInvite(ledger, signer, profile, id, publicKey, deps);
  const reserved = { invite: id, member, serialNumber };
  const chain = [der, ...signer.chain.map(({ raw }) => raw)];
  if (key === undefined) return { reserved, answer: { chain } };
  const pfx = await keys.lock(
    { key, chain },
    {
      password: pfxPasswordFrom(exportedKey),
      friendlyName: member,
      iterations: generatedPasswordIterations,
      form: 'pbmac1',
    },
  );
  return { reserved, answer: { pfx } };
}

async function publicKeyOf(
  request: EnrollmentRequest,
  key: FreshKey | undefined,
): Promise<KeyObject | SubjectPublicKey> {
  if (key !== undefined) return key.publicKey;
  if (request.csr === undefined) throw refusal('the request holds no CSR');
  return (await readCsr(request.csr)).publicKey;
}
