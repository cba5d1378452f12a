/** The cells of the .pfx tables of docs/INTEROP.md, and files of ours in each: every kind of key, in both encryptions. */
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseCertificates } from '../../src/pki/pem.js';
import { generatedPasswordIterations, humanPasswordIterations, type PfxContent, writePfx } from '../../src/pki/pfx.js';
import { readPrivateKey } from '../../src/pki/private-key.js';
import { makeHome } from './home.js';
import type { PfxFile, PfxProgram } from './pfx-programs.js';

const keyTypes = ['rsa2048', 'p256', 'p384', 'ed25519'] as const;
const forms = ['modern', 'legacy'] as const;

/** A kind of key in today's or in the old encryption. */
export interface PfxCell {
  readonly keyType: (typeof keyTypes)[number];
  readonly form: (typeof forms)[number];
}

/** All of them, in the order of the tables. */
export const pfxCells: readonly PfxCell[] = keyTypes.flatMap((keyType) => forms.map((form) => ({ keyType, form })));

/** Tells whether the program is expected to read the cell: NSS has no Ed25519 keys, so it neither takes them in nor gives them out. */
export const isPromised = ({ keyType }: PfxCell, program: PfxProgram): boolean =>
  !(program.command === 'pk12util' && keyType === 'ed25519');

/** The password of every file. */
export const pfxPassword = 'correct horse';

/** Certificates under one root, with keys of every kind. */
export interface PfxWorld {
  readonly folder: string;
  /** What is in the cell's files. */
  readonly credentialOf: (cell: PfxCell) => Promise<PfxContent>;
  /** A file to be. */
  readonly fileOf: (cell: PfxCell, name: string) => PfxFile;
  /** Writes the cell's .pfx, as the program writes it. */
  readonly writeOurs: (cell: PfxCell, name: string) => Promise<void>;
  readonly remove: () => void;
}

/** Makes them. */
export async function makePfxWorld(): Promise<PfxWorld> {
  const test = makeHome();
  const { folder } = test;
  await writeFile(join(folder, 'password'), `${pfxPassword}\n`, { mode: 0o600 });
  for (const argv of [
    ['ca', 'init', '--no-password'],
    ...keyTypes.map((type) => ['cert', 'issue', type, '--key', type, '--ip', '127.0.0.1', '--out', folder]),
  ]) {
    const { exitCode, stderr } = await test.run(argv);
    if (exitCode !== 0) throw new Error(stderr);
  }
  const credentialOf = async ({ keyType }: PfxCell): Promise<PfxContent> => ({
    key: await readPrivateKey(await readFile(join(folder, `${keyType}.key`), 'utf8')),
    chain: parseCertificates(await readFile(join(folder, `${keyType}.pem`), 'utf8')),
  });
  return {
    folder,
    credentialOf,
    fileOf: ({ keyType }, name) => ({
      path: join(folder, name),
      password: pfxPassword,
      passwordFile: join(folder, 'password'),
      name: keyType,
      root: join(test.home, 'ca', 'root.pem'),
      folder,
    }),
    writeOurs: async (cell, name) => {
      // One kind of key with as much work as people's passwords get; for the others less will do.
      const iterations = cell.keyType === 'p256' ? humanPasswordIterations : generatedPasswordIterations;
      const protection = { password: pfxPassword, iterations, random: randomBytes };
      const form = cell.form === 'legacy' ? { form: cell.form } : {};
      const { key, chain } = await credentialOf(cell);
      const pfx = await writePfx(
        { key, chain: chain.map(({ raw }) => raw) },
        { friendlyName: cell.keyType, ...protection, ...form },
      );
      await writeFile(join(folder, name), pfx);
    },
    remove: () => test.remove(),
  };
}
