/**
 * Our .pfx files read by other programs: every kind of key, in today's and in the old encryption. The tables of
 * docs/INTEROP.md say what is expected; what they promise is tried, here and in the two suites of their files.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../src/package-root.js';
import { isPromised, makePfxWorld, type PfxCell, type PfxWorld, pfxCells } from '../helpers/pfx-cells.js';
import { type PfxProgram, pfxPrograms } from '../helpers/pfx-programs.js';
import { describeWith } from '../helpers/require-program.js';

let world: PfxWorld;

const nameOf = ({ keyType, form }: PfxCell): string => `${keyType}-${form}.pfx`;

beforeAll(async () => {
  world = await makePfxWorld();
  for (const cell of pfxCells) await world.writeOurs(cell, nameOf(cell));
}, 60_000);

afterAll(() => world.remove());

describe.each(pfxPrograms)('$title', (program) => {
  describeWith(program.command, 'reads ours', () => {
    const cells = pfxCells.filter((cell) => isPromised(cell, program));
    it.each(cells)('$keyType, $form', (cell) => program.read(world.fileOf(cell, nameOf(cell))), 20_000);
  });
});

function tableOf(programs: readonly PfxProgram[]): string {
  const mark = (program: PfxProgram) => (cell: PfxCell) => (isPromised(cell, program) ? 'yes' : 'no');
  const rows = [
    ['', ...pfxCells.map(({ keyType, form }) => `${keyType} ${form}`)],
    ['---', ...pfxCells.map(() => '---')],
    ...programs.map((program) => [program.title, ...pfxCells.map(mark(program))]),
  ];
  return rows.map((row) => `| ${row.join(' | ')} |`).join('\n');
}

it('docs/INTEROP.md promises exactly what is tried', () => {
  const text = readFileSync(join(packageRoot(), 'docs/INTEROP.md'), 'utf8');
  const [, ours = '', theirs = ''] = text.split(/^(?:Ours|Theirs), read by.*$/m);
  expect(ours).toContain(`\n\n${tableOf(pfxPrograms)}\n\n`);
  expect(theirs).toContain(`\n\n${tableOf(pfxPrograms.filter(({ write }) => write !== undefined))}\n\n`);
});
