/**
 * Reads `index.txt`, the ledger of `openssl ca` and of easy-rsa: one certificate a line, its fields
 * parted by tabs: state, end, revocation (with its reason), serial number, file, subject.
 */
import { QTChatError, quote } from '../errors.js';
import { readTime } from './certificate-fields.js';
import { derTags, encodeDer } from './der.js';
import { DerError, DerReader } from './der-reader.js';
import { type RevocationReason, revocationReasonCodes } from './revocation-reason.js';

/** One certificate of an `index.txt`. */
export interface IndexEntry {
  /** Upper-case hex in whole octets, as X509Certificate#serialNumber has it. */
  readonly serialNumber: string;
  readonly notAfter: Date;
  readonly revokedAt?: Date;
  readonly reason?: RevocationReason;
  /** Of the subject, as written there; undefined without one. */
  readonly commonName: string | undefined;
}

/** More than any CA of such a kind has issued; keeps a wrong file from costing much. */
const maximumEntries = 100_000;

/** What openssl writes for reasons that it extends by a time or an instruction. */
const otherReasons: Readonly<Record<string, RevocationReason>> = {
  keytime: 'keyCompromise',
  cakeytime: 'cACompromise',
  holdinstruction: 'certificateHold',
  // Only delta CRLs take a certificate off the list.
  removefromcrl: 'unspecified',
};

/**
 * Reads the whole file; nothing in it is passed over, lest a revocation be.
 *
 * @throws {QTChatError} `ERR_STORE_DAMAGED`; the message names the line
 */
export function parseIndex(text: string): IndexEntry[] {
  const lines = text.split(/\r?\n/);
  const entries: IndexEntry[] = [];
  const seen = new Set<string>();
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    const entry = parseLine(line);
    if (entry === undefined || seen.has(entry.serialNumber) || entries.length === maximumEntries) {
      throw new QTChatError(
        'ERR_STORE_DAMAGED',
        `line ${index + 1} of index.txt cannot be taken over: ${quote(line)}`,
        {
          hint: 'Correct it, or give the CA without its index.txt by --cert-file and --key-file',
        },
      );
    }
    seen.add(entry.serialNumber);
    entries.push(entry);
  }
  return entries;
}

function parseLine(line: string): IndexEntry | undefined {
  const [state = '', end = '', revocation = '', serial = '', , subject] = line.split('\t');
  if (!/^[VER]$/.test(state) || !/^[0-9A-Fa-f]{1,40}$/.test(serial) || subject === undefined) return undefined;
  const [time = '', reason = 'unspecified'] = revocation.split(',');
  if ((state === 'R') !== (revocation !== '')) return undefined;
  const [notAfter, revokedAt] = [parseTime(end), state === 'R' ? parseTime(time) : undefined];
  const known = parseReason(reason);
  if (notAfter === undefined || known === undefined || (state === 'R' && revokedAt === undefined)) return undefined;
  return {
    serialNumber: serialText(serial),
    notAfter,
    ...(revokedAt && { revokedAt, reason: known }),
    commonName: /(?:^|\/|, ?)CN ?= ?([^/,]*)/.exec(subject)?.[1],
  };
}

function parseTime(text: string): Date | undefined {
  const tag = text.length === 13 ? derTags.utcTime : derTags.generalizedTime;
  try {
    return readTime(new DerReader(encodeDer(tag, Buffer.from(text, 'latin1'))));
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

function parseReason(text: string): RevocationReason | undefined {
  const wanted = text.toLowerCase();
  const names = Object.keys(revocationReasonCodes) as RevocationReason[];
  return names.find((name) => name.toLowerCase() === wanted) ?? otherReasons[wanted];
}

function serialText(hex: string): string {
  const digits = hex.toUpperCase().replace(/^0+(?=.)/, '');
  return digits.length % 2 === 0 ? digits : `0${digits}`;
}
