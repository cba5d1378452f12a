/** What the documents say can be typed: every command that they name exists, and has the flags that they show. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { packageRoot } from '../../src/package-root.js';

interface Manifest {
  commands: Record<string, { flags: Record<string, { char?: string }> }>;
}

const root = packageRoot();
const { commands } = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8')) as Manifest;
const topics = new Set(Object.keys(commands).flatMap((id) => [id.replace(/:[^:]*$/, ''), id.split(':')[0]]));
const inDocs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
const documents = ['README.md', 'SECURITY.md', ...inDocs.map((name) => join('docs', name))];

/** What stands behind `qtchat` in code, up to whatever ends a command there. */
function linesIn(text: string): string[] {
  const code = [...text.matchAll(/^```(?:sh|console)?\n(.*?)^```$/gms), ...text.matchAll(/`([^`\n]+)`/g)];
  return code.flatMap(([, snippet = '']) =>
    [...snippet.matchAll(/(?<!")\bqtchat ([^\n|&;#)]*)/g)].map(([, line = '']) => line.trim()),
  );
}

/** Why a line cannot be typed; undefined when it can. */
function faultOf(line: string): string | undefined {
  const [first = '', ...more] = line.split(/\s+/);
  if (first === '' || first.startsWith('-')) return undefined;
  let id = first;
  for (const word of more) if (topics.has(id) && commands[id] === undefined) id += `:${word.split('|')[0]}`;
  const command = commands[id];
  if (command === undefined) return `there is no ${id}`;
  const known = new Set(['json', 'help', ...Object.keys(command.flags)]);
  const missing = [...line.matchAll(/(?<=\s)--([a-z][a-z-]*)/g)].map(([, flag = '']) => flag);
  const unknown = missing.find((flag) => !known.has(flag));
  return unknown === undefined ? undefined : `${id} has no --${unknown}`;
}

it.each(documents)('%s names commands and flags that exist', (name) => {
  const lines = linesIn(readFileSync(join(root, name), 'utf8'));
  const faults = lines.flatMap((line) => {
    const fault = faultOf(line);
    return fault === undefined ? [] : [`${line}: ${fault}`];
  });
  expect(faults).toEqual([]);
});

it('finds what it looks for', () => {
  expect(linesIn('run `qtchat cert issue bob --nonsense`')).toEqual(['cert issue bob --nonsense']);
  expect(faultOf('cert issue bob --nonsense')).toBe('cert:issue has no --nonsense');
  expect(faultOf('cert isue')).toBe('there is no cert:isue');
});
