// `cert issue --batch` against the openssl steps that it replaces, once for every certificate (genpkey,
// req, x509 -req with names; P-256 under a CA key without a password, nothing flushed to disk), and beside
// what the disk alone takes for the same files, written and flushed 16 at a time as we do. Ours is the
// whole command, with its start, the ledger, and everything flushed.
//
//   node bench/batch.mjs [certificates]        default 5000
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const count = Number(process.argv[2] ?? 5000);
const opensslCount = 40;
const program = join(dirname(dirname(fileURLToPath(import.meta.url))), 'bin/run.js');
const folder = mkdtempSync(join(tmpdir(), 'qtchat-bench-'));
const openssl = (...argv) => execFileSync('openssl', argv, { cwd: folder, stdio: 'ignore' });
const qtchat = (...argv) => execFileSync(process.execPath, [program, ...argv], { cwd: folder, stdio: 'ignore' });
const curve = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];

function withOpenssl() {
  for (let index = 0; index < opensslCount; index += 1) {
    const [key, csr] = [`m${index}.key`, `m${index}.csr`];
    openssl('genpkey', ...curve, '-out', key);
    openssl('req', '-new', '-key', key, '-subj', `/CN=m${index}`, '-out', csr);
    const ca = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'san.cnf'];
    openssl('x509', '-req', '-in', csr, ...ca, '-days', '365', '-sha256', '-out', `m${index}.pem`);
  }
}

async function withDisk() {
  mkdirSync(join(folder, 'files'));
  const content = randomBytes(400).toString('hex');
  let next = 0;
  const work = async () => {
    for (let index = next++; index < 2 * count; index = next++) {
      const file = await open(join(folder, 'files', String(index)), 'wx', 0o600);
      await file.writeFile(content);
      await file.sync();
      await file.close();
    }
  };
  await Promise.all(Array.from({ length: 16 }, work));
}

async function measure(name, certificates, run, reference) {
  const start = performance.now();
  await run();
  const ms = (performance.now() - start) / certificates;
  const ratio = reference === undefined ? '' : `   ${(reference / ms).toFixed(1)} × openssl's speed`;
  console.log(`${name.padEnd(40)} ${(1000 / ms).toFixed(0).padStart(6)} certificates/s${ratio}`);
  return ms;
}

try {
  openssl('genpkey', ...curve, '-out', 'ca.key');
  openssl('req', '-x509', '-new', '-key', 'ca.key', '-sha256', '-days', '3650', '-subj', '/CN=ca', '-out', 'ca.pem');
  writeFileSync(join(folder, 'san.cnf'), 'subjectAltName = IP:10.0.0.1\n');
  const rows = Array.from({ length: count }, (_, index) => `m${index},10.0.${index >> 8}.${index & 255}`);
  writeFileSync(join(folder, 'names.csv'), ['name,ip', ...rows, ''].join('\n'));
  const home = ['--home', join(folder, 'home')];
  qtchat('ca', 'init', '--no-password', ...home);
  const reference = await measure('openssl genpkey + req + x509', opensslCount, withOpenssl);
  const batch = () => qtchat('cert', 'issue', '--batch', 'names.csv', '--out', 'crew', ...home);
  await measure('qtchat cert issue --batch', count, batch, reference);
  await measure('the disk alone: two files, flushed', count, withDisk, reference);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
