/** docs/AUTOCA.md: systemd understands the unit, as it stands there. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { packageRoot } from '../../src/package-root.js';
import { describeWith } from '../helpers/require-program.js';

describeWith('systemd-analyze', 'docs/AUTOCA.md', () => {
  it('has a unit that systemd finds no fault with', () => {
    const text = readFileSync(join(packageRoot(), 'docs/AUTOCA.md'), 'utf8');
    const [, unit = ''] = /^```ini\n(.*?)^```$/ms.exec(text) ?? [];
    const folder = mkdtempSync(join(tmpdir(), 'qtchat-unit-'));
    try {
      const path = join(folder, 'qtchat-autoca.service');
      writeFileSync(path, unit);
      const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', path], { encoding: 'utf8' });
      expect(`${stderr}exit code ${status}`).toMatch(/^exit code 0$/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
