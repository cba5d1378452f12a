/**
 * Our .pfx files read by other programs, and theirs by us: every kind of key, in today's and in the
 * old encryption. The tables of docs/INTEROP.md say what is expected; what they promise is tried.
 */

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../src/package-root.js';
import { parseCertificates } from '../../src/pki/pem.js';
import { generatedPasswordIterations, humanPasswordIterations, readPfx, writePfx } from '../../src/pki/pfx.js';
import { readPrivateKey } from '../../src/pki/private-key.js';
import { makeHome, type TestHome } from '../helpers/home.js';
import { type PfxFile, type PfxProgram, pfxPrograms } from '../helpers/pfx-programs.js';
import { describeWith } from '../helpers/require-program.js';

const keyTypes = ['rsa2048', 'p256', 'p384', 'ed25519'] as const;
const forms = ['modern', 'legacy'] as const;
type Cell = { keyType: (typeof keyTypes)[number]; form: (typeof forms)[number] };
const ourCells: Cell[] = keyTypes.flatMap((keyType) => forms.map((form) => ({ keyType, form })));
// The old encryption does not depend on what it encrypts, and takes seconds to undo.
const theirCells = ourCells.filter(({ keyType, form }) => form === 'modern' || keyType === 'p256');

const password = 'correct horse';

let test: TestHome;
let folder: string;

beforeAll(async () => {
  test = makeHome();
  folder = await mkdtemp(join(tmpdir(), 'qtchat-matrix-'));
  await writeFile(join(folder, 'password'), `${password}\n`, { mode: 0o600 });
  await test.run(['ca', 'init', '--no-password']);
  for (const keyType of keyTypes) {
    const result = await test.run(['cert', 'issue', keyType, '--key', keyType, '--ip', '127.0.0.1', '--out', folder]);
    expect(result).toMatchObject({ exitCode: 0 });
    for (const form of forms) await writeOurs({ keyType, form });
  }
}, 60_000);

afterAll(async () => {
  test.remove();
  await rm(folder, { recursive: true, force: true });
});

async function credentialOf(keyType: string) {
  const [certificate, key] = await Promise.all([pem(keyType), readFile(join(folder, `${keyType}.key`), 'utf8')]);
  return { key: await readPrivateKey(key), chain: parseCertificates(certificate) };
}

const pem = (keyType: string): Promise<string> => readFile(join(folder, `${keyType}.pem`), 'utf8');

async function writeOurs({ keyType, form }: Cell): Promise<void> {
  // One kind of key with as much work as people's passwords get; for the others less will do.
  const iterations = keyType === 'p256' ? humanPasswordIterations : generatedPasswordIterations;
  const options = { password, friendlyName: keyType, iterations, random: randomBytes, legacy: form === 'legacy' };
  await writeFile(join(folder, `${keyType}-${form}.pfx`), await writePfx(await credentialOf(keyType), options));
}

function fileOf({ keyType }: Cell, name: string): PfxFile {
  const root = join(test.home, 'ca', 'root.pem');
  return { path: join(folder, name), password, passwordFile: join(folder, 'password'), name: keyType, root, folder };
}

async function expectTheyRead(cell: Cell, program: PfxProgram): Promise<void> {
  await program.read(fileOf(cell, `${cell.keyType}-${cell.form}.pfx`));
}

async function expectWeReadTheirs(cell: Cell, program: PfxProgram): Promise<void> {
  const file = fileOf(cell, `${program.command}-${cell.keyType}-${cell.form}.pfx`);
  const from = { certificate: join(folder, `${cell.keyType}.pem`), key: join(folder, `${cell.keyType}.key`) };
  await program.write?.(file, from, cell.form === 'legacy');
  const octets = await readFile(file.path);
  const [found, expected] = await Promise.all([readPfx(octets, password), credentialOf(cell.keyType)]);
  expect(found.key.equals(expected.key)).toBe(true);
  expect(found.chain.map(({ raw }) => raw)).toEqual(expected.chain.map(({ raw }) => raw));
  if (program.command === 'openssl') {
    await expect(readPfx(octets, 'wrong')).rejects.toMatchObject({ code: 'ERR_PASSWORD_WRONG' });
  }
}

/** NSS has no Ed25519 keys, so it neither takes them in nor gives them out. */
const isPromised = ({ keyType }: Cell, program: PfxProgram): boolean =>
  !(program.command === 'pk12util' && keyType === 'ed25519');

describe.each(pfxPrograms)('$title', (program) => {
  const promised = (cells: Cell[]): Cell[] => cells.filter((cell) => isPromised(cell, program));
  describeWith(program.command, 'reads ours', () => {
    it.each(promised(ourCells))('$keyType, $form', (cell) => expectTheyRead(cell, program), 20_000);
  });
  if (program.write === undefined) return;
  describeWith(program.command, 'writes what we read', () => {
    it.each(promised(theirCells))('$keyType, $form', (cell) => expectWeReadTheirs(cell, program), 20_000);
  });
});

function tableOf(programs: readonly PfxProgram[], cells: readonly Cell[]): string {
  const mark = (program: PfxProgram) => (cell: Cell) => (isPromised(cell, program) ? 'yes' : 'no');
  const rows = [
    ['', ...cells.map(({ keyType, form }) => `${keyType} ${form}`)],
    ['---', ...cells.map(() => '---')],
    ...programs.map((program) => [program.title, ...cells.map(mark(program))]),
  ];
  return rows.map((row) => `| ${row.join(' | ')} |`).join('\n');
}

it('docs/INTEROP.md promises exactly what is tried here', () => {
  const text = readFileSync(join(packageRoot(), 'docs/INTEROP.md'), 'utf8');
  expect(text).toContain(tableOf(pfxPrograms, ourCells));
  const writers = pfxPrograms.filter(({ write }) => write !== undefined);
  expect(text).toContain(tableOf(writers, theirCells));
});
