/**
 * EST (RFC 7030) on the port for members: certificates for devices and programs that speak no other
 * protocol. A client of its own gets the names that the ledger has for it, whatever it asks for.
 */
import type { Request, Response } from 'express';
import { estPaths } from '../../src/enroll/est.js';
import { type ErrorCode, isQTChatError, QTChatError } from '../../src/errors.js';
import { noteFirstUse } from '../../src/ledger/renewals.js';
import { readCsr, readWishes } from '../../src/pki/csr.js';
import { derOid, derSequence, derSet } from '../../src/pki/der.js';
import { oids } from '../../src/pki/oids.js';
import { pkcs7Of } from '../../src/pki/pkcs7.js';
import type { CredentialRoute, MemberRoute, OpenRoute } from '../authorize/access.js';
import type { Caller } from '../authorize/caller.js';
import type { AutoCa } from '../auto-ca.js';
import { FirstCertificates } from '../est/first-certificates.js';
import {
  estRequestLimitBytes,
  isCertificateRequest,
  readRequestBody,
  requireOwnNames,
  requirePlainKey,
} from '../est/read-request.js';
import { estTypes, sendEst, sendEstLater, sendEstParts } from '../est/send-est.js';
import { notAccepted, requestRefused, sendProblem, wrongMediaType } from '../problem.js';
import { asRefusal } from '../refusal.js';
import { addressOf } from './enroll.js';
import { renewAndTell } from './renew.js';

/** What a request should say (RFC 7030 §4.5.2): a key on P-256, and a signature with SHA-256. Names are not asked for. */
const requestAttributes = derSequence(
  derSequence(derOid(oids.ecPublicKey), derSet(derOid(oids.p256))),
  derOid(oids.ecdsaWithSha256),
);

/** The routes. */
export function estRoutes(autoCa: AutoCa): (OpenRoute | CredentialRoute | MemberRoute)[] {
  const first = new FirstCertificates(autoCa);
  const { signer, deps } = autoCa;

  const reenroll = async (request: Request, response: Response, { record, isExpired }: Caller): Promise<void> => {
    const { publicKey, ...wishes } = await readCsr(readRequestBody(request.body));
    requireOwnNames(wishes, record);
    if (!isExpired) await noteFirstUse(autoCa.ledger, record.serialNumber, deps);
    const wanted = { formerSerial: record.serialNumber, publicKey };
    const { certificate } = await renewAndTell(autoCa, request.socket, wanted);
    if (certificate === undefined) sendEstLater(response);
    else sendEst(response, { type: estTypes.certificate, der: pkcs7Of([certificate]) });
  };

  return [
    {
      method: 'get',
      path: estPaths.cacerts,
      access: 'none',
      bodyLimitBytes: 0,
      handle: async (_request, response) => sendEst(response, { type: estTypes.cacerts, der: pkcs7Of(signer.chain) }),
    },
    {
      method: 'get',
      path: estPaths.csrattrs,
      access: 'none',
      bodyLimitBytes: 0,
      handle: async (_request, response) => sendEst(response, { type: estTypes.attributes, der: requestAttributes }),
    },
    {
      method: 'post',
      path: estPaths.simpleenroll,
      access: 'basic-or-member',
      bodyLimitBytes: estRequestLimitBytes,
      handle: judging(async (request, response, { invite, caller }) => {
        if (invite === undefined) return reenroll(request, response, caller);
        const { publicKey, ...wishes } = await readCsr(readRequestBody(request.body));
        requireOwnNames(wishes, invite);
        const certificate = await first.issue(invite, async () => publicKey, { request, response });
        sendEst(response, { type: estTypes.certificate, der: pkcs7Of([certificate]) });
      }),
    },
    {
      method: 'post',
      path: estPaths.simplereenroll,
      access: 'member-or-expired',
      bodyLimitBytes: estRequestLimitBytes,
      handle: judging(reenroll),
    },
    {
      method: 'post',
      path: estPaths.serverkeygen,
      // A member has a key to ask with; only who has none is made one.
      access: 'basic',
      bodyLimitBytes: estRequestLimitBytes,
      handle: judging(async (request, response, { invite }) => {
        if (invite === undefined) {
          sendProblem(response, notAccepted());
          return;
        }
        if (autoCa.requireLocalKey === true) throw noKeysMade();
        const wishes = await readWishes(readRequestBody(request.body));
        requireOwnNames(wishes, invite);
        requirePlainKey(wishes);
        let pkcs8: Buffer = Buffer.alloc(0);
        const makeKey = async () => {
          const key = await autoCa.keys.makeKey();
          pkcs8 = key.pkcs8;
          return key.publicKey;
        };
        const certificate = await first.issue(invite, makeKey, { request, response });
        const parts = [
          { type: estTypes.privateKey, der: pkcs8 },
          { type: estTypes.certificate, der: pkcs7Of([certificate]) },
        ];
        sendEstParts(response, parts, deps.random);
      }),
    },
  ];

  /** Answers what is wrong with a request: those who ask are known, and hear of their own request alone. */
  function judging<Who>(handle: (request: Request, response: Response, who: Who) => Promise<void>) {
    return async (request: Request, response: Response, who: Who): Promise<void> => {
      if (!isCertificateRequest(request)) {
        sendProblem(response, wrongMediaType(estTypes.request));
        return;
      }
      try {
        await handle(request, response, who);
      } catch (error) {
        const detail = detailOf(error);
        if (detail === undefined || !(error instanceof Error)) throw asRefusal(error, 'EST');
        autoCa.log({ event: 'refused', address: addressOf(request.socket), reason: error.message });
        sendProblem(response, requestRefused(detail));
      }
    };
  }
}

const keyFaults: readonly ErrorCode[] = ['ERR_PKI_KEY_TYPE', 'ERR_PKI_KEY_INVALID', 'ERR_LEDGER_KEY_TAKEN'];

function noKeysMade(): QTChatError {
  return new QTChatError(
    'ERR_PKI_CSR_REFUSED',
    'This host makes no keys: ask for a certificate of your own by simpleenroll.',
  );
}

function detailOf(error: unknown): string | undefined {
  if (!isQTChatError(error)) return undefined;
  if (error.code === 'ERR_PKI_CSR_REFUSED') return error.message;
  // Whose key it is already is nobody else's business.
  return keyFaults.includes(error.code) ? 'The key cannot be certified: make a new one.' : undefined;
}
