/** The commands that the window has: those of docs/JSONL.md but for a few, and some that no other face needs. */
import * as v from 'valibot';
import { commandSchemas } from '../json-commands.js';
import { type CommandOf, refSchema as ref } from '../read-command.js';

const text = v.pipe(v.string(), v.maxLength(4096));

/** Those that only the window has. */
const ownSchemas = {
  confirm: v.strictObject({ command: v.literal('confirm'), ref, id: v.string(), isYes: v.boolean() }),
  media: v.strictObject({ command: v.literal('media'), ref, member: v.string(), id: v.string() }),
  join: v.strictObject({ command: v.literal('join'), ref, invite: text }),
} as const;

// A page is not the user's shell: it names no files of this computer, does not end the program, and has devices of its own.
const { file: _file, quit: _quit, devices: _devices, ...shared } = commandSchemas;

/** All of them. */
export const windowSchemas = { ...shared, ...ownSchemas } as const;

/** One that only the window has. */
export type OwnCommand = CommandOf<typeof ownSchemas>;

/** One of the others. */
export type SharedCommand = CommandOf<typeof shared>;

/** Those that may take long, and that nothing behind them waits for. */
export const slow: readonly (OwnCommand | SharedCommand)['command'][] = ['media', 'search', 'join'];

/** Whether a command is one that only the window has. */
export function isOwn(command: OwnCommand | SharedCommand): command is OwnCommand {
  return Object.hasOwn(ownSchemas, command.command);
}
