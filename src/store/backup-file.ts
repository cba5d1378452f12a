/**
 * The file of `ca backup`: lines of JSON, so that people can read it. First a header, then the files of the
 * CA, then rows of tables, at last a hash of all lines before, which shows that the file is whole. It is no
 * protection against somebody who changes it on purpose: whoever has it may have the CA.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import * as v from 'valibot';
import { QTChatError, quote } from '../errors.js';
import { tooOpen } from './file-error.js';
import { readBoundedFile, writeFileSafely } from './private-file.js';

/** What the first line says. */
export type BackupHeader = v.InferOutput<typeof headerSchema>;

/** A file of the CA, by its path in the home. */
export type BackedUpFile = v.InferOutput<typeof fileSchema>;

/** Rows of a table; octets are `{ hex }`. */
export type BackedUpRows = v.InferOutput<typeof rowsSchema>;

const headerSchema = v.strictObject({
  format: v.literal('qtchat backup 1'),
  /** Of the ledger's tables. */
  tables: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  createdAt: v.pipe(v.string(), v.isoTimestamp()),
  circleId: v.string(),
  /** The end of the audit log, as `formatHead` writes it. */
  head: v.nullable(v.string()),
});

const fileSchema = v.strictObject({
  // Nothing but a file right in one of these folders: no name leads out of the home.
  file: v.pipe(v.string(), v.regex(/^(ca\/[a-z0-9][a-z0-9.-]{0,99}|templates\/[a-z0-9][a-z0-9-]{0,62}\.json)$/)),
  mode: v.picklist([0o600, 0o644]),
  content: v.string(),
});

const valueSchema = v.union([
  v.string(),
  v.pipe(v.number(), v.safeInteger()),
  v.null(),
  v.strictObject({ hex: v.pipe(v.string(), v.regex(/^([0-9a-f]{2})*$/)) }),
]);

const rowsSchema = v.strictObject({
  table: v.string(),
  rows: v.array(v.record(v.string(), valueSchema)),
});

const endSchema = v.strictObject({ sha256: v.string() });

/** A revocation list of a very large circle is one line; octets. */
const lineLimitBytes = 256 * 1024 * 1024;

/**
 * Writes a backup, mode 0600.
 *
 * @param existing - what to do with a file that stands there
 * @returns where the old file is now, if there was one
 * @throws {QTChatError} `ERR_STORE_EXISTS`, `ERR_STORE_UNWRITABLE`, and what `records` throws
 */
export async function writeBackup(
  path: string,
  header: Omit<BackupHeader, 'format'>,
  records: AsyncIterable<BackedUpFile | BackedUpRows>,
  existing: 'refuse' | 'backup',
): Promise<string | undefined> {
  return writeFileSafely(path, linesOf({ format: 'qtchat backup 1', ...header }, records), { mode: 0o600, existing });
}

async function* linesOf(header: BackupHeader, records: AsyncIterable<object>): AsyncGenerator<string> {
  const hash = createHash('sha256');
  const line = (value: object): string => `${JSON.stringify(value)}\n`;
  const hashed = (value: object): string => {
    const text = line(value);
    hash.update(text);
    return text;
  };
  yield hashed(header);
  for await (const record of records) yield hashed(record);
  yield line({ sha256: hash.digest('hex') });
}

/** A backup that is whole. */
export interface Backup {
  readonly header: BackupHeader;
  readonly files: readonly BackedUpFile[];
  /** The rows of all tables, in the order of the file; reads the file again. */
  rows(): AsyncGenerator<BackedUpRows>;
}

/**
 * Reads a backup, all of it, before anything in it is used.
 *
 * @throws {QTChatError} `ERR_STORE_NOT_FOUND`, `ERR_STORE_PERMISSIONS` when others may read it or we may not,
 *   `ERR_STORE_DAMAGED` when it is no backup, or not a whole one
 */
export async function openBackup(path: string, signal?: AbortSignal): Promise<Backup> {
  const stats = await stat(path).catch(() => undefined);
  // What cannot be read, this says in its words.
  if (stats === undefined || !stats.isFile()) await readBoundedFile(path, signal);
  if (!stats?.isFile()) throw damaged(path, 'it is not a file');
  if (process.platform !== 'win32' && (stats.mode & 0o077) !== 0) throw tooOpen(path);
  const hash = createHash('sha256');
  const files: BackedUpFile[] = [];
  let header: BackupHeader | undefined;
  let before: string | undefined;
  for await (const line of readLines(path, signal)) {
    if (before !== undefined) {
      hash.update(`${before}\n`);
      if (header === undefined) header = parse(headerSchema, before, path);
      else if (before.startsWith('{"file"')) files.push(parse(fileSchema, before, path));
      else parse(rowsSchema, before, path);
    }
    before = line;
  }
  const end = parse(endSchema, before ?? '', path);
  if (header === undefined || end.sha256 !== hash.digest('hex'))
    throw damaged(path, 'its end is missing, or it was changed');
  return { header, files, rows: () => rowsOf(path, signal) };
}

async function* rowsOf(path: string, signal: AbortSignal | undefined): AsyncGenerator<BackedUpRows> {
  for await (const line of readLines(path, signal)) {
    if (line.startsWith('{"table"')) yield parse(rowsSchema, line, path);
  }
}

async function* readLines(path: string, signal: AbortSignal | undefined): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of createReadStream(path, { encoding: 'utf8', ...(signal && { signal }) })) {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > lineLimitBytes) throw damaged(path, 'a line of it is too long');
    yield* lines;
  }
  if (rest !== '') yield rest;
}

function parse<Schema extends v.GenericSchema>(schema: Schema, line: string, path: string): v.InferOutput<Schema> {
  try {
    return v.parse(schema, JSON.parse(line));
  } catch (error) {
    throw damaged(path, 'a line of it is not what ca backup writes', error);
  }
}

function damaged(path: string, reason: string, cause?: unknown): QTChatError {
  return new QTChatError('ERR_STORE_DAMAGED', `${quote(path)} is no whole backup: ${reason}`, {
    hint: 'Take another copy of it',
    cause,
  });
}
