// How long the program takes to start, as ratios to an empty Node process in the same run:
// `--version`, `cert issue` with an unencrypted and with an encrypted CA key. Medians of interleaved runs.
//
//   node bench/startup.mjs [runs]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const runs = Number(process.argv[2] ?? 15);
const program = join(dirname(dirname(fileURLToPath(import.meta.url))), 'bin/run.js');
const folder = mkdtempSync(join(tmpdir(), 'qtchat-bench-'));
const passwordFile = join(folder, 'password');
writeFileSync(passwordFile, 'correct horse battery staple\n', { mode: 0o600 });

function run(argv) {
  const start = process.hrtime.bigint();
  const { status, stderr } = spawnSync(process.execPath, argv, { cwd: folder, encoding: 'utf8' });
  const elapsedMs = Number(process.hrtime.bigint() - start) / 1e6;
  if (status !== 0) throw new Error(`node ${argv.join(' ')} exited ${status}: ${stderr}`);
  return elapsedMs;
}

const home = (name) => ['--home', join(folder, name)];
const password = ['--ca-password-file', passwordFile];
let serial = 0;
const subjects = {
  'node -e 0': () => ['-e', '0'],
  'qtchat --version': () => [program, '--version'],
  'cert issue, CA key unencrypted': () => [
    program,
    'cert',
    'issue',
    `m${serial++}`,
    '--ip',
    '192.168.1.100',
    '--out',
    folder,
    ...home('plain'),
  ],
  'cert issue, CA key encrypted': () => [
    program,
    'cert',
    'issue',
    `m${serial++}`,
    '--ip',
    '192.168.1.100',
    '--out',
    folder,
    ...home('encrypted'),
    ...password,
  ],
};

try {
  run([program, 'ca', 'init', '--no-password', ...home('plain')]);
  run([program, 'ca', 'init', ...home('encrypted'), ...password]);
  const times = Object.fromEntries(Object.keys(subjects).map((name) => [name, []]));
  for (let round = 0; round <= runs; round += 1) {
    for (const [name, argv] of Object.entries(subjects)) {
      const elapsedMs = run(argv());
      if (round > 0) times[name].push(elapsedMs);
    }
  }
  const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
  const floor = median(times['node -e 0']);
  for (const [name, values] of Object.entries(times)) {
    const value = median(values);
    console.log(`${name.padEnd(34)} ${value.toFixed(0).padStart(5)} ms   ${(value / floor).toFixed(2)} × node -e 0`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
