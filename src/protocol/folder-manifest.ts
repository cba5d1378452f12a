/**
 * The list in front of a folder's content: what is in it, in the order in which the content follows.
 * Both sides keep its rules: the sender so as to offer nothing that is refused, the receiver because a
 * list is the easiest place for a trick.
 */
import * as v from 'valibot';
import { QTChatError, quote } from '../errors.js';
import { type CborMap, decodeCbor, encodeCbor } from './cbor.js';

/** Something in a folder. */
export interface FolderEntry {
  /** Names from the folder down, joined by `/`; its parents come before it. */
  readonly path: string;
  /** Octets of a file; absent for a folder. */
  readonly sizeBytes?: number;
  readonly isExecutable?: boolean;
}

/** Octets of the length in front of the list. */
export const manifestHeaderBytes = 4;
/** The longest list, in octets. */
export const maximumManifestBytes = 16 * 1024 * 1024;
const maximumEntries = 65_536;
const maximumPathBytes = 1_024;
const maximumDepth = 32;
/** A map of three keys and values for each entry, and what is around them. */
const maximumItems = 7 * maximumEntries + 5;

const schema = v.strictObject({
  version: v.literal(1),
  entries: v.pipe(
    v.array(
      v.strictObject({
        path: v.pipe(
          v.string(),
          v.minLength(1),
          v.check((path) => Buffer.byteLength(path) <= maximumPathBytes),
        ),
        sizeBytes: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER))),
        isExecutable: v.exactOptional(v.boolean()),
      }),
    ),
    v.maxLength(maximumEntries),
  ),
});

/**
 * Encodes the list, with its length in front.
 *
 * @throws {QTChatError} `ERR_STORE_UNREADABLE` when the folder holds more than may be sent at once
 */
export function encodeManifest(entries: readonly FolderEntry[]): Buffer {
  const content = encodeCbor({ version: 1, entries: entries.map((entry) => ({ ...entry })) as CborMap[] });
  const header = Buffer.alloc(manifestHeaderBytes);
  header.writeUInt32BE(content.length);
  const isTooLong = entries.length > maximumEntries || content.length > maximumManifestBytes;
  const tooLong = entries.find(
    ({ path }) => Buffer.byteLength(path) > maximumPathBytes || depthOf(path) > maximumDepth,
  );
  if (isTooLong || tooLong !== undefined) {
    const what =
      tooLong === undefined ? `holds more than ${maximumEntries} files` : `is too deep at ${quote(tooLong.path)}`;
    throw new QTChatError('ERR_STORE_UNREADABLE', `the folder ${what}`, { hint: 'Send its parts one by one' });
  }
  return Buffer.concat([header, content]);
}

/**
 * Reads the list of a folder that a peer has sent, and judges it: every name by `isSafeName`, parents before what is
 * in them, nothing twice, and lengths that come to `contentBytes` together.
 *
 * @throws {QTChatError} `ERR_PROTOCOL`
 */
export function decodeManifest(
  content: Uint8Array,
  contentBytes: number,
  isSafeName: (name: string) => boolean,
): FolderEntry[] {
  const result = v.safeParse(schema, decodeCbor(content, maximumItems), { abortEarly: true });
  if (!result.success) throw wrong('is not one');
  /** How deep each is. */
  const folders = new Map<string, number>();
  const seen = new Set<string>();
  let leftBytes = contentBytes;
  const { entries } = result.output;
  for (const { path, sizeBytes } of entries) {
    // The names before the last are those of its folder, which have been judged.
    const slash = path.lastIndexOf('/');
    const above = slash < 0 ? 0 : folders.get(path.slice(0, slash));
    if (above === undefined) throw wrong(`has ${quote(path)} without its folder`);
    if (above === maximumDepth || !isSafeName(path.slice(slash + 1))) throw wrong(`has the name ${quote(path)}`);
    if (seen.has(path)) throw wrong(`has ${quote(path)} twice`);
    seen.add(path);
    if (sizeBytes === undefined) folders.set(path, above + 1);
    leftBytes -= sizeBytes ?? 0;
  }
  if (leftBytes !== 0) throw wrong('does not fit the content');
  return entries;
}

function depthOf(path: string): number {
  return path.split('/').length;
}

function wrong(why: string): QTChatError {
  return new QTChatError('ERR_PROTOCOL', `the list of the folder ${why}`);
}
