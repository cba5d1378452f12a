/**
 * The map beside an unfinished file: from whom which file is, and which chunks of it are on disk. It is
 * a hint: whoever goes on with the file compares the chunks first. Written aside, flushed and renamed,
 * so that there is always a whole one.
 */
import { constants } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import * as v from 'valibot';
import { decodeCbor, encodeCbor } from '../protocol/cbor.js';
import { bitsLength } from '../protocol/chunk-bits.js';
import { layoutOf, maximumFileBytes } from '../protocol/file-chunks.js';

/** A file that a member offered. */
export interface WantedFile {
  /** Circle and member. */
  readonly sender: string;
  readonly name: string;
  readonly sizeBytes: number;
  /** Whether it holds a folder, to be unpacked. */
  readonly isFolder: boolean;
  /** What the sender calls this content of it; 64 hexadecimal digits. */
  readonly version: string;
}

/** What a map says. */
export interface PartMap {
  readonly wanted: WantedFile;
  /** A bit for each chunk, the lowest of an octet first. */
  readonly done: Buffer;
}

/** The name of the map of an unfinished file. */
export function mapPathOf(partPath: string): string {
  return `${partPath}.map`;
}

const text = v.pipe(v.string(), v.minLength(1), v.maxLength(512));
const octets = v.instance(Uint8Array);
const schema = v.strictObject({
  format: v.literal(2),
  sender: text,
  name: text,
  sizeBytes: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(maximumFileBytes)),
  isFolder: v.boolean(),
  version: v.pipe(octets, v.length(32)),
  done: octets,
});

/** Writes the map of an unfinished file so that it survives a power cut, whole. */
export async function writePartMap(partPath: string, { wanted, done }: PartMap): Promise<void> {
  const { version, ...rest } = wanted;
  const content = encodeCbor({ format: 2, ...rest, version: Buffer.from(version, 'hex'), done });
  const path = mapPathOf(partPath);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NOFOLLOW ?? 0);
  const handle = await open(`${path}.new`, flags, 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${path}.new`, path);
}

/** Reads the map of an unfinished file; undefined where there is none, or none that makes sense. */
export async function readPartMap(partPath: string): Promise<PartMap | undefined> {
  const handle = await open(mapPathOf(partPath), constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)).catch(
    () => undefined,
  );
  if (handle === undefined) return undefined;
  try {
    const stats = await handle.stat();
    if (!stats.isFile() || stats.size > maximumMapBytes) return undefined;
    const { format: _, version, done, ...rest } = v.parse(schema, decodeCbor(await handle.readFile()));
    if (done.length !== bitsLength(layoutOf(rest.sizeBytes).count)) return undefined;
    return { wanted: { ...rest, version: Buffer.from(version).toString('hex') }, done: Buffer.from(done) };
  } catch {
    return undefined;
  } finally {
    await handle.close();
  }
}

// A bit for each of 2^20 chunks, and names.
const maximumMapBytes = 256 * 1024;
