/**
 * `POST /renew` and `POST /rekey`: the next certificate of a member, for the same key or a new one.
 * Names come from the ledger, nothing from whoever asks but the key.
 */
import { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Request, Response } from 'express';
import { formatBody, memberPaths, memberRequestLimitBytes, parseRekeyRequest } from '../../src/enroll/members-wire.js';
import { isQTChatError, QTChatError } from '../../src/errors.js';
import { type RenewalOutcome, type RenewalRequest, renewCertificate } from '../../src/ledger/renewals.js';
import { circleIdOf } from '../../src/pki/circle.js';
import { readCsr } from '../../src/pki/csr.js';
import { rootCertificate } from '../../src/pki/issuer.js';
import { verifiesSuccession } from '../../src/pki/key-succession.js';
import { spkiOf } from '../../src/pki/spki.js';
import type { MemberRoute } from '../authorize/access.js';
import type { Caller } from '../authorize/caller.js';
import type { AutoCa } from '../auto-ca.js';
import { asRefusal } from '../refusal.js';
import { send } from '../send.js';
import { addressOf } from './enroll.js';

/** The routes. Who comes with an expired certificate is held until the host allows it. */
export function renewRoutes(autoCa: AutoCa): MemberRoute[] {
  return [
    {
      method: 'post',
      path: memberPaths.renew,
      access: 'member-or-expired',
      bodyLimitBytes: 0,
      handle: async (request, response, { record }) => {
        const { publicKey } = new X509Certificate(record.content);
        await renew(request, response, { formerSerial: record.serialNumber, publicKey });
      },
    },
    {
      method: 'post',
      path: memberPaths.rekey,
      access: 'member-or-expired',
      bodyLimitBytes: memberRequestLimitBytes,
      handle: async (request, response, caller) => {
        const publicKey = await provenKey(request.body as Buffer, caller);
        await renew(request, response, { formerSerial: caller.record.serialNumber, publicKey });
      },
    },
  ];

  async function renew(request: Request, response: Response, wanted: RenewalRequest): Promise<void> {
    const { held, certificate } = await renewAndTell(autoCa, request.socket, wanted).catch((error: unknown) => {
      throw asRefusal(error, `renewal of ${wanted.formerSerial}`);
    });
    if (held !== undefined) {
      send(response, 'application/json', formatBody({ held }), 202);
      return;
    }
    const chain = [certificate, ...autoCa.signer.chain].map(({ raw }) => raw);
    send(response, 'application/json', formatBody({ chain }));
  }

  /** The new key, proven by its own signature and named by the old one. */
  async function provenKey(body: Buffer, { record }: Caller): Promise<RenewalRequest['publicKey']> {
    const { csr, statement } = parseRekeyRequest(body);
    const { publicKey } = await readCsrOf(csr);
    const holder = { circleId: circleIdOf(rootCertificate(autoCa.signer)), member: record.member };
    const formerSpki = spkiOf(new X509Certificate(record.content).publicKey);
    if (!verifiesSuccession({ formerSpki, signature: statement }, spkiOf(publicKey), holder)) {
      throw new QTChatError('ERR_ENROLL_REFUSED', `the old key of ${record.member} has not signed for the new one`);
    }
    return publicKey;
  }
}

/**
 * Renews, or holds, and tells the host.
 *
 * @throws {QTChatError} what {@link renewCertificate} throws
 */
export async function renewAndTell(autoCa: AutoCa, socket: Socket, wanted: RenewalRequest): Promise<RenewalOutcome> {
  const { ledger, signer, deps, loadProfile, log } = autoCa;
  const outcome = await renewCertificate(ledger, signer, loadProfile, wanted, deps);
  const event = { address: addressOf(socket), formerSerialNumber: wanted.formerSerial };
  if (outcome.held !== undefined) log({ ...event, event: 'held', reason: outcome.held });
  else if (!outcome.repeated) log({ ...event, event: 'renewed', serialNumber: outcome.certificate.serialNumber });
  return outcome;
}

async function readCsrOf(csr: Buffer) {
  try {
    return await readCsr(csr);
  } catch (error) {
    if (!isQTChatError(error, 'ERR_PKI_CSR_REFUSED')) throw error;
    throw new QTChatError('ERR_ENROLL_REFUSED', error.message, { cause: error });
  }
}
