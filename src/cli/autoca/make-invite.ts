/** Makes what a host hands to a guest: the line of an invite, a short code, or a link with its password. Needs no CA key. */
import { type AutoCaRecord, readAutoCaRecord } from '../../enroll/autoca-record.js';
import { drawSecret, formatCode } from '../../enroll/code.js';
import { formatInvite, inviteIdSizeBytes, inviteKey, inviteSecretSizeBytes } from '../../enroll/invite.js';
import { formatLink, linkDigest, linkIdSizeBytes, linkPassword, linkSeedSizeBytes } from '../../enroll/link.js';
import { createCode } from '../../ledger/codes.js';
import { createInvite, type NewInvite } from '../../ledger/invites.js';
import { createLink } from '../../ledger/links.js';
import { circleIdOf, circleUri, spkiDigest } from '../../pki/circle.js';
import { rootCertificate } from '../../pki/issuer.js';
import { loadCaChain } from '../../store/ca.js';
import type { Home } from '../../store/home.js';
import type { Deps } from '../deps.js';
import { withLedger } from './with-ledger.js';

/** Whom to invite, and to what. */
export type InviteRequest = Pick<NewInvite, 'member' | 'names' | 'validityDays' | 'expiresAt' | 'replace'>;

/** What every way of inviting says: the invite's id in the ledger, and where the guest will look. */
export interface MadeInvite extends AutoCaRecord {
  readonly id: string;
  /** Whether an Auto CA has ever run here; if not, the addresses are a guess. */
  readonly hasRun: boolean;
}

/**
 * Makes an invite.
 *
 * @returns `invite`: the line for the guest
 * @throws {QTChatError} `ERR_STORE_NO_CA`, `ERR_LEDGER_NAME_TAKEN`
 */
export async function makeInvite(
  home: Home,
  request: InviteRequest,
  deps: Pick<Deps, 'clock' | 'random'>,
): Promise<MadeInvite & { readonly invite: string }> {
  const root = rootCertificate({ chain: await loadCaChain(home) });
  const { addresses, port, hasRun } = await readAutoCaRecord(home);
  const id = newId(deps);
  const secret = deps.random(inviteSecretSizeBytes);
  const invite = formatInvite({ id, secret, rootSpkiSha256: spkiDigest(root), port, addresses });
  const psk = inviteKey({ id, secret });
  await withLedger(home, (ledger) => createInvite(ledger, { ...request, id, psk }, deps));
  return { invite, id, addresses, port, hasRun };
}

/**
 * Makes a short code.
 *
 * @returns `invite`: the eight digits
 * @throws {QTChatError} as {@link makeInvite}, `ERR_LEDGER_BUSY` when all codes are in use
 */
export async function makeCode(
  home: Home,
  request: InviteRequest,
  deps: Pick<Deps, 'clock' | 'random'>,
): Promise<MadeInvite & { readonly invite: string }> {
  const { addresses, port, hasRun } = await readAutoCaRecord(home);
  const id = newId(deps);
  const secret = drawSecret(deps.random);
  const code = { ...request, id, psk: Buffer.from(secret, 'latin1') };
  const slot = await withLedger(home, (ledger) => createCode(ledger, code, deps));
  return { invite: formatCode({ slot, secret }), id, addresses, port, hasRun };
}

/**
 * Makes a link.
 *
 * @param legacy - its file is for programs that read nothing newer than 3DES
 * @returns the link by every address of the Auto CA, the password of its file, and the URI that the certificate
 *   in it will have
 * @throws {QTChatError} as {@link makeInvite}
 */
export async function makeLink(
  home: Home,
  request: InviteRequest,
  legacy: boolean,
  deps: Pick<Deps, 'clock' | 'random'>,
): Promise<MadeInvite & { readonly links: readonly string[]; readonly password: string; readonly circleUri: string }> {
  const circleId = circleIdOf(rootCertificate({ chain: await loadCaChain(home) }));
  const { addresses, port, hasRun } = await readAutoCaRecord(home);
  const id = newId(deps);
  const linkId = deps.random(linkIdSizeBytes);
  const seed = deps.random(linkSeedSizeBytes);
  const link = { invite: { ...request, id, psk: seed }, idSha256: linkDigest(linkId), legacy };
  await withLedger(home, (ledger) => createLink(ledger, link, deps));
  return {
    links: addresses.map((address) => formatLink(linkId, { address, port })),
    password: linkPassword(linkId, seed),
    circleUri: circleUri(circleId, request.member),
    ...{ id, addresses, port, hasRun },
  };
}

/** A fresh id of an invite: 16 lower-case hex digits. */
export function newId(deps: Pick<Deps, 'random'>): string {
  return deps.random(inviteIdSizeBytes).toString('hex');
}
