/** `GET /ocsp/BASE64` and `POST /ocsp`: the state of a certificate, for other programs (RFC 6960 appendix A). */
import type { Response } from 'express';
import { memberPaths } from '../../src/enroll/members-wire.js';
import { ocspRequestLimitBytes } from '../../src/pki/ocsp-request.js';
import type { OpenRoute } from '../authorize/access.js';
import type { OcspResponder } from '../ocsp-responder.js';
import { send } from '../send.js';

/** The routes; answers are signed, so they may travel anywhere. */
export function ocspRoutes(responder: OcspResponder): OpenRoute[] {
  const answer = async (question: Buffer, response: Response): Promise<void> => {
    send(response, 'application/ocsp-response', await responder.answer(question));
  };
  return [
    {
      method: 'post',
      path: memberPaths.ocsp,
      access: 'none',
      bodyLimitBytes: ocspRequestLimitBytes,
      handle: async (request, response) => answer(octetsOf(request.body), response),
    },
    {
      method: 'get',
      // Base64 has slashes in it, which few clients encode.
      path: `${memberPaths.ocsp}/*question`,
      access: 'none',
      bodyLimitBytes: 0,
      handle: async (request, response) => {
        const path = request.url.slice(memberPaths.ocsp.length + 1);
        await answer(Buffer.from(percentDecoded(path), 'base64'), response);
      },
    },
  ];
}

function percentDecoded(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Express gives an object where there was no body. */
function octetsOf(body: unknown): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}
