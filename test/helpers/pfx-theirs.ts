/** Other programs' .pfx files read by us: one suite for each form, since the old ones take seconds to undo. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readPfx } from '../../src/pki/pfx.js';
import { isPromised, makePfxWorld, type PfxCell, type PfxWorld, pfxCells, pfxPassword } from './pfx-cells.js';
import { pfxPrograms } from './pfx-programs.js';
import { describeWith } from './require-program.js';

/** Describes the suite: each program that writes .pfx files, with each kind of key it can. */
export function describeTheirs(form: PfxCell['form']): void {
  let world: PfxWorld;
  beforeAll(async () => {
    world = await makePfxWorld();
  }, 60_000);
  afterAll(() => world.remove());

  describe.each(pfxPrograms.filter(({ write }) => write !== undefined))('$title', (program) => {
    describeWith(program.command, 'writes what we read', () => {
      const cells = pfxCells.filter((cell) => cell.form === form && isPromised(cell, program));
      it.each(cells)(
        '$keyType, $form',
        async (cell) => {
          const file = world.fileOf(cell, `${program.command}-${cell.keyType}.pfx`);
          const [certificate, key] = ['pem', 'key'].map((kind) => join(world.folder, `${cell.keyType}.${kind}`));
          await program.write?.(file, { certificate: certificate ?? '', key: key ?? '' }, form === 'legacy');
          const octets = await readFile(file.path);
          const [found, expected] = await Promise.all([readPfx(octets, pfxPassword), world.credentialOf(cell)]);
          expect(found.key.equals(expected.key)).toBe(true);
          expect(found.chain.map(({ raw }) => raw)).toEqual(expected.chain.map(({ raw }) => raw));
          if (program.command === 'openssl') {
            await expect(readPfx(octets, 'wrong')).rejects.toMatchObject({ code: 'ERR_PASSWORD_WRONG' });
          }
        },
        60_000,
      );
    });
  });
}
