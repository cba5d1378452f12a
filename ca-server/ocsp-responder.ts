/**
 * Answers questions about the state of certificates (OCSP, RFC 6960) from the ledger. Answers without
 * a nonce are kept for a moment, so that many who ask cost one signature.
 */
import { isQTChatError } from '../src/errors.js';
import { findStatus } from '../src/ledger/certificates.js';
import { issuingCertificate } from '../src/pki/issuer.js';
import { isIssuedBy, type OcspCertId, readOcspRequest } from '../src/pki/ocsp-request.js';
import { encodeOcspAnswer, encodeOcspFailure, type OcspStatus } from '../src/pki/ocsp-response.js';
import type { AutoCa } from './auto-ca.js';
import type { OwnCredentials } from './own-credentials.js';

/** How long an answer may be relied on by who got it. */
const validityMs = 3_600_000;

/** How long one answer is given to all who ask the same. */
const keptMs = 10_000;

const keptAnswers = 1000;

/** A responder for what one CA has issued. */
export class OcspResponder {
  readonly #autoCa: Pick<AutoCa, 'ledger' | 'signer' | 'deps'>;
  readonly #own: Pick<OwnCredentials, 'ocsp'>;
  readonly #kept = new Map<string, { answer: Buffer; until: number }>();

  constructor(autoCa: Pick<AutoCa, 'ledger' | 'signer' | 'deps'>, own: Pick<OwnCredentials, 'ocsp'>) {
    this.#autoCa = autoCa;
    this.#own = own;
  }

  /** The answer to a question, both in DER; for what is no question, the one that says so. */
  async answer(der: Buffer): Promise<Buffer> {
    const credential = this.#own.ocsp;
    if (credential === undefined) return encodeOcspFailure('tryLater');
    const now = this.#autoCa.deps.clock();
    const key = der.toString('latin1');
    const kept = this.#kept.get(key);
    if (kept !== undefined && now.getTime() < kept.until) return kept.answer;
    try {
      const { certIds, nonce } = readOcspRequest(der);
      const states = certIds.map(async (certId) => ({ ...(await this.#statusOf(certId)), certId }));
      const nextUpdate = new Date(now.getTime() + validityMs);
      const content = { producedAt: now, nextUpdate, certificates: await Promise.all(states), nonce };
      const answer = encodeOcspAnswer(content, credential);
      if (nonce === undefined) this.#keep(key, answer, now.getTime() + keptMs);
      return answer;
    } catch (error) {
      if (isQTChatError(error, 'ERR_PROTOCOL')) return encodeOcspFailure('malformedRequest');
      throw error;
    }
  }

  async #statusOf(certId: OcspCertId): Promise<OcspStatus> {
    const { ledger, signer } = this.#autoCa;
    const { serialNumber } = certId;
    if (serialNumber === undefined || !isIssuedBy(certId, issuingCertificate(signer))) return { status: 'unknown' };
    const status = await findStatus(ledger, serialNumber);
    if (status === undefined) return { status: 'unknown' };
    return status === 'good' ? { status } : { status: 'revoked', ...status };
  }

  #keep(key: string, answer: Buffer, until: number): void {
    this.#kept.delete(key);
    this.#kept.set(key, { answer, until });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > keptAnswers && oldest !== undefined) this.#kept.delete(oldest);
  }
}
