/** Commands as JSON objects, one a line: read and judged by a table of what there is, answered in one form. */
import * as v from 'valibot';
import { QTChatError } from '../errors.js';

/** What a program may give a command, to know its answer by. */
export const refSchema = v.optional(v.pipe(v.string(), v.maxLength(64)));

/** Commands by their names. */
export type CommandSchemas = Readonly<Record<string, v.GenericSchema & { readonly entries: object }>>;

/** One of the commands of a table. */
export type CommandOf<Schemas extends CommandSchemas> = {
  [Name in keyof Schemas]: v.InferOutput<Schemas[Name]>;
}[keyof Schemas];

/** What an answer names of the line that it answers. */
export interface Asked {
  readonly command?: string | undefined;
  readonly ref?: string | undefined;
}

const seeDocs = 'docs/JSONL.md lists the commands and their fields';

/**
 * Reads one line.
 *
 * @throws {QTChatError} `ERR_USAGE`
 */
export function readCommand<Schemas extends CommandSchemas>(line: string, schemas: Schemas): CommandOf<Schemas> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new QTChatError('ERR_USAGE', 'a line is not JSON', { hint: seeDocs, cause: error });
  }
  const name = typeof value === 'object' && value !== null && 'command' in value ? value.command : undefined;
  const schema = typeof name === 'string' && Object.hasOwn(schemas, name) ? schemas[name] : undefined;
  if (schema === undefined) {
    throw new QTChatError('ERR_USAGE', 'a line holds no known command', { hint: seeDocs });
  }
  const result = v.safeParse(schema, value);
  if (result.success) return result.output as CommandOf<Schemas>;
  const [issue] = result.issues;
  const field = issue.path?.map((item) => String(item.key)).join('.') ?? '';
  throw new QTChatError('ERR_USAGE', `"${name}" has a wrong field ${JSON.stringify(field)}`, { hint: seeDocs });
}

/** What an answer names of a line that {@link readCommand} refuses: as much of it as makes sense. */
export function askedIn(line: string, schemas: CommandSchemas): Asked {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return {};
  }
  const command = v.safeParse(v.object({ command: v.picklist(Object.keys(schemas)) }), value);
  const ref = v.safeParse(v.object({ ref: refSchema }), value);
  return { ...(command.success && command.output), ...(ref.success && ref.output) };
}

/** The answer to a command that was carried out. */
export function doneAnswer({ command, ref }: Asked, fields: object, at: Date): string {
  return JSON.stringify({ event: 'done', command: command ?? null, ref: ref ?? null, ...fields, at: at.toISOString() });
}

/** The answer to one that was not. */
export function errorAnswer({ command, ref }: Asked, { code, message, hint }: QTChatError, at: Date): string {
  const asked = { command: command ?? null, ref: ref ?? null };
  return JSON.stringify({ event: 'error', ...asked, code, message, hint: hint ?? null, at: at.toISOString() });
}
