/**
 * Links, for guests who have a browser and no qtchat: an address at which a locked `.pfx` is fetched, and
 * the password that opens it. The password follows from the id in the link together with a seed that only the
 * host's ledger has, so it is written down nowhere: who watches the network sees the id without the seed,
 * and who copies the ledger has the seed without the id.
 */
import { createHash, hkdfSync } from 'node:crypto';
import { isIPv6 } from 'node:net';

/** The octets of the id in a link: 128 bits, which nobody finds by trying. */
export const linkIdSizeBytes = 16;

/** The octets of the seed of its password. */
export const linkSeedSizeBytes = 32;

/** How often the file behind a link is handed out: downloads break, and phones try twice. */
export const linkDownloads = 5;

/** Where links lie at the Auto CA. */
export const linkPath = '/link/';

const passwordGroups = 4;
const groupSize = 5;
// 32 letters, so that five bits make one; without those that are mistaken for one another.
const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';

/** The link with this id, as people open it. */
export function formatLink(id: Buffer, { address, port }: { readonly address: string; readonly port: number }): string {
  const host = isIPv6(address) ? `[${address}]` : address;
  return `http://${host}:${port}${linkPath}${id.toString('base64url')}`;
}

/** The id in the last part of a link's path; undefined when it is none. */
export function parseLinkId(text: string): Buffer | undefined {
  const id = Buffer.from(text, 'base64url');
  // Node ignores spare bits and foreign characters; only one spelling counts.
  return id.length === linkIdSizeBytes && id.toString('base64url') === text ? id : undefined;
}

/** What the ledger knows of an id: its SHA-256, in hex. */
export function linkDigest(id: Buffer): string {
  return createHash('sha256').update(id).digest('hex');
}

/** The password of the file behind a link: four groups of five letters and digits, 100 bits. */
export function linkPassword(id: Buffer, seed: Buffer): string {
  const octets = Buffer.from(hkdfSync('sha256', id, seed, 'qtchat link password', passwordGroups * groupSize));
  const letters = Array.from(octets, (octet) => alphabet.charAt(octet % alphabet.length));
  return Array.from({ length: passwordGroups }, (_none, group) =>
    letters.slice(group * groupSize, (group + 1) * groupSize).join(''),
  ).join('-');
}
