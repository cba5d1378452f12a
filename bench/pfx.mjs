// What writing and reading a .pfx takes, in the strengths that are used, against openssl pkcs12 with the
// same algorithms and iterations (its process included). Medians.
//
//   node bench/pfx.mjs [runs]        default 9
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const runs = Number(process.argv[2] ?? 9);
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = await mkdtemp(join(tmpdir(), 'qtchat-bench-'));

async function load() {
  const modules = ['issue', 'key-type', 'pem', 'pfx', 'plan', 'private-key'];
  const contents = modules.map((name) => `export * from './src/pki/${name}.js';`).join('\n');
  const outfile = join(folder, 'pki.mjs');
  const external = ['@peculiar/x509', 'reflect-metadata'];
  await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    banner: { js: "import{createRequire as r}from'node:module';const require=r(import.meta.url);" },
    external,
    outfile,
  });
  return import(pathToFileURL(outfile).href);
}

async function median(run) {
  const times = [];
  for (let round = 0; round < runs; round += 1) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[Math.floor(runs / 2)];
}

try {
  const pki = await load();
  const deps = { clock: () => new Date(), random: randomBytes };
  const key = await pki.generateKey('p256');
  const certificate = await pki.issueRoot(pki.buildRootPlan({ name: 'bob', key, validityDays: 30 }, deps), key);
  await writeFile(join(folder, 'bob.key'), pki.privateKeyToPem(key), { mode: 0o600 });
  await writeFile(join(folder, 'bob.pem'), pki.toPem(certificate));
  for (const iterations of [pki.generatedPasswordIterations, pki.humanPasswordIterations]) {
    const options = { password: 'secret', friendlyName: 'bob', iterations, random: randomBytes };
    const content = { key, chain: [certificate] };
    const written = await median(() => pki.writePfx(content, options));
    const file = await pki.writePfx(content, options);
    const read = await median(() => pki.readPfx(file, 'secret'));
    const argv = [
      'pkcs12',
      '-export',
      '-inkey',
      'bob.key',
      '-in',
      'bob.pem',
      '-out',
      'bob.pfx',
      '-iter',
      `${iterations}`,
    ];
    const strength = ['-keypbe', 'AES-256-CBC', '-certpbe', 'AES-256-CBC', '-macalg', 'sha256'];
    const openssl = (...more) => execFileSync('openssl', more, { cwd: folder, stdio: 'ignore' });
    const theirs = await median(() => openssl(...argv, ...strength, '-passout', 'pass:secret'));
    const opened = await median(() =>
      openssl('pkcs12', '-in', 'bob.pfx', '-noenc', '-passin', 'pass:secret', '-out', 'out.pem'),
    );
    await pki.readPfx(await readFile(join(folder, 'bob.pfx')), 'secret');
    const line = (title, ours, other) =>
      console.log(
        `${title.padEnd(7)} ${String(iterations).padStart(7)} iterations   ${ours.toFixed(1).padStart(7)} ms   ${(ours / other).toFixed(2)} × openssl`,
      );
    line('write', written, theirs);
    line('read', read, opened);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
