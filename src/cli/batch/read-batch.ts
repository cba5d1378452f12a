/**
 * The table of `cert issue --batch`: comma-separated values (RFC 4180) whose first line names the
 * columns: name, ip, dns. Several addresses or names in one field stand apart by spaces or semicolons.
 */
import { isQTChatError, QTChatError, quote } from '../../errors.js';
import { withoutRepeats } from '../../pki/canonical-name.js';
import { parseMemberName } from '../../pki/member-name.js';
import { parseDnsName, parseIpAddress, type SubjectAltName } from '../../pki/subject-alt-name.js';

/** One certificate to issue. */
export interface BatchRow {
  readonly member: string;
  /** In canonical form, each once. */
  readonly names: readonly SubjectAltName[];
}

const columns = ['name', 'ip', 'dns'] as const;
type Column = (typeof columns)[number];

/**
 * Reads a table; every row is judged before any certificate is made.
 *
 * @throws {QTChatError} `ERR_USAGE` for a table that is none, has no rows, or names a member twice;
 *   `ERR_PKI_NAME_INVALID` and `ERR_PKI_SAN_INVALID` for a row. The message has the number of the line
 */
export function parseBatch(text: string): BatchRow[] {
  const [header, ...lines] = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const order = readHeader(header ?? '');
  const rows: BatchRow[] = [];
  const seen = new Map<string, number>();
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const number = index + 2;
    const row = atLine(number, () => readRow(line, order));
    const before = seen.get(row.member);
    if (before !== undefined) throw notATable(`line ${number}: ${row.member} stands in line ${before} already`);
    seen.set(row.member, number);
    rows.push(row);
  }
  if (rows.length === 0) throw notATable('it has no rows below its header');
  return rows;
}

function readHeader(line: string): Column[] {
  const order = readFields(line).map((field) => {
    const column = columns.find((known) => known === field.trim().toLowerCase());
    if (column === undefined) throw notATable(`its first line names the column ${quote(field)}`);
    return column;
  });
  if (!order.includes('name')) throw notATable('its first line does not name the column "name"');
  if (new Set(order).size !== order.length) throw notATable('its first line names a column twice');
  return order;
}

function readRow(line: string, order: readonly Column[]): BatchRow {
  const fields = readFields(line);
  if (fields.length > order.length) throw notATable(`it has ${fields.length} fields for ${order.length} columns`);
  const field = (column: Column): string => fields[order.indexOf(column)]?.trim() ?? '';
  const list = (column: Column): string[] =>
    field(column)
      .split(/[\s;]+/)
      .filter((item) => item !== '');
  const names = [...list('ip').map(parseIpAddress), ...list('dns').map(parseDnsName)];
  return { member: parseMemberName(field('name')), names: withoutRepeats(names) };
}

/** The fields of one line; a field in quotes may hold commas, and quotes as two. */
function readFields(line: string): string[] {
  const fields: string[] = [];
  // No two parts can take the same octets, so that no line takes longer than it is long.
  const pattern = /(?:[ \t]*"((?:[^"]|"")*)"[ \t]*|([^",]*))(,|$)/y;
  for (;;) {
    const match = pattern.exec(line);
    if (match === null) throw notATable('a quote is not closed, or stands inside a field');
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '') return fields;
  }
}

function atLine<Result>(number: number, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!isQTChatError(error)) throw error;
    const details = error.hint === undefined ? { cause: error } : { hint: error.hint, cause: error };
    throw new QTChatError(error.code, `line ${number}: ${error.message}`, details);
  }
}

function notATable(reason: string): QTChatError {
  return new QTChatError('ERR_USAGE', `the table cannot be used: ${reason}`, {
    hint: 'Begin it with the line name,ip,dns and give each member a line below',
  });
}
