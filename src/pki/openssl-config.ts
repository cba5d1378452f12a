/**
 * Reads the syntax of OpenSSL's configuration files (config(5)) as far as a san.cnf needs it: sections,
 * `name = value`, `#` comments, continued lines. Variables, quotes and escapes are left as they stand,
 * for whoever uses a value to refuse them; what would read other files is refused here.
 */
import { QTChatError, quote } from '../errors.js';

/** The values of one section by their names, in the file's order; without the spaces around them, maybe empty. */
export type ConfigSection = ReadonlyMap<string, string>;

/** A configuration by sections. What stands above the first is in section `default`. */
export interface OpensslConfig {
  readonly sections: ReadonlyMap<string, ConfigSection>;
  /** What was left out though OpenSSL would not, as sentences without a full stop. */
  readonly warnings: readonly string[];
}

const maximumSizeBytes = 65_536;

/** An odd number of backslashes before the end of a line; comments can be continued too. */
const continuation = /(?<!\\)((?:\\\\)*)\\\r?\n/g;

/** Everything before a `#` that no quotes and no backslash protect. */
const beforeComment = /^((?:[^#"'`\\]|\\.|"[^"]*"|'[^']*'|`[^`]*`)*)#/;

/**
 * Reads a configuration file.
 *
 * `//` begins a comment here when it stands at the start of a line or behind a space; OpenSSL knows
 * no such comment and would take it into the value, so every one is warned of.
 *
 * @throws {QTChatError} `ERR_PKI_SAN_INVALID` when it is no such file, or too long
 */
export function parseOpensslConfig(text: string): OpensslConfig {
  if (text.length > maximumSizeBytes) throw invalid(`it is longer than ${maximumSizeBytes} characters`);
  const sections = new Map<string, Map<string, string>>();
  const warnings: string[] = [];
  let section = 'default';
  const joined = text.replace(/^\uFEFF/, '').replace(continuation, '$1');
  for (const raw of joined.split('\n')) {
    const line = withoutComments(raw, warnings).trim();
    if (line === '') continue;
    const opens = line.startsWith('[') && line.endsWith(']');
    if (opens) section = line.slice(1, -1).trim();
    const entries = sections.get(section) ?? new Map<string, string>();
    sections.set(section, entries);
    if (!opens) addEntry(entries, line, section);
  }
  return { sections, warnings };
}

function withoutComments(raw: string, warnings: string[]): string {
  const line = beforeComment.exec(raw)?.[1] ?? raw;
  const start = line.search(/(?<!\S)\/\//);
  if (start < 0) return line;
  const comment = line.slice(start).trim();
  warnings.push(`${quote(comment)} was taken for a comment and left out; comments in this kind of file begin with #`);
  return line.slice(0, start);
}

function addEntry(entries: Map<string, string>, line: string, section: string): void {
  if (line.startsWith('.')) {
    throw invalid(`${quote(line)} is a directive, and those are not followed`, 'Put everything into the one file');
  }
  const [, name, value] = /^([^\s=[\]]+)\s*=\s*(.*)$/.exec(line) ?? [];
  if (name === undefined || value === undefined || name.includes('::')) {
    throw invalid(`${quote(line)} is neither [ section ] nor name = value`);
  }
  if (entries.has(name)) {
    // OpenSSL would keep the last one only, and nobody would miss the others until it is too late.
    throw invalid(`${quote(name)} stands twice in the section ${quote(section)}`, 'Number them, as in DNS.1, DNS.2');
  }
  entries.set(name, value);
}

function invalid(reason: string, hint?: string): QTChatError {
  const details = hint === undefined ? {} : { hint };
  return new QTChatError('ERR_PKI_SAN_INVALID', `the configuration cannot be used: ${reason}`, details);
}
