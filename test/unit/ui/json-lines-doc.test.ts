/** docs/JSONL.md names every event and every command, with exactly their fields. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../../src/package-root.js';
import { commandSchemas } from '../../../src/ui/json-commands.js';
import { eventToJson } from '../../../src/ui/json-lines.js';
import { events } from '../../helpers/sample-events.js';

/** What ends the chat is its last line; progress and levels are for the eye. */
const notWritten = ['stopped', 'outgoingFileOver', 'fileProgress', 'callLevel'];

const text = readFileSync(join(packageRoot(), 'docs/JSONL.md'), 'utf8');
const [, commandsPart = '', eventsPart = ''] = text.split(/^## (?:Commands|Events)$/m);

/** The rows of a table: what it names, and the fields. */
function rowsOf(part: string): Map<string, string[]> {
  const rows = part.matchAll(/^\| (`\w+`(?:, `\w+`)*) \|([^|]*)\|/gm);
  return new Map(
    [...rows].flatMap(([, names = '', fields = '']) =>
      [...names.matchAll(/`(\w+)`/g)].map(([, name = '']): [string, string[]] => [
        name,
        fields
          .split(',')
          .map((field) => field.trim())
          .filter((field) => field !== ''),
      ]),
    ),
  ).set('', []);
}

describe('docs/JSONL.md', () => {
  const documented = rowsOf(eventsPart);
  documented.delete('event');

  it.each(Object.entries(events).filter(([type]) => !notWritten.includes(type)))(
    'describes the event %s',
    (type, event) => {
      const { event: name, ...fields } = eventToJson(event) ?? {};
      expect(name).toBe(type);
      expect(documented.get(type)?.toSorted()).toEqual(Object.keys(fields).sort());
    },
  );

  it('describes no event that is never written', () => {
    expect(notWritten.map((type) => eventToJson(events[type as 'stopped']))).toEqual(notWritten.map(() => undefined));
    expect([...documented.keys()].filter((name) => name !== '' && !(name in events))).toEqual([]);
    expect(notWritten.filter((type) => documented.has(type))).toEqual([]);
  });

  it.each(Object.entries(commandSchemas))('describes the command %s', (name, schema) => {
    const fields = Object.keys(schema.entries).filter((field) => field !== 'command' && field !== 'ref');
    expect(rowsOf(commandsPart).get(name)?.toSorted()).toEqual(fields.sort());
  });

  it('describes no command that does not exist', () => {
    const names = [...rowsOf(commandsPart).keys()].filter((name) => name !== '' && name !== 'command');
    expect(names.filter((name) => !(name in commandSchemas))).toEqual([]);
  });
});
