// One `cert issue` against the openssl steps it replaces (genpkey, req, x509 -req with a san.cnf, under a
// CA key with a password), EC and RSA: medians of interleaved runs, as ratios. Our CA key is protected by
// 600,000 rounds of PBKDF2, openssl's own by 2,048; the third line of each shows ours without a password.
//
//   node bench/issue-command.mjs [runs]        default 15
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const runs = Number(process.argv[2] ?? 15);
const program = join(dirname(dirname(fileURLToPath(import.meta.url))), 'bin/run.js');
const folder = mkdtempSync(join(tmpdir(), 'qtchat-bench-'));
const kinds = {
  EC: { ca: 'p256', member: 'p256', caOptions: ec(), memberOptions: ec() },
  RSA: { ca: 'rsa4096', member: 'rsa2048', caOptions: rsa(4096), memberOptions: rsa(2048) },
};

function ec() {
  return ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];
}

function rsa(bits) {
  return ['-algorithm', 'RSA', '-pkeyopt', `rsa_keygen_bits:${bits}`];
}

function openssl(cwd, ...argv) {
  execFileSync('openssl', argv, { cwd, stdio: 'ignore' });
}

function qtchat(...argv) {
  execFileSync(process.execPath, [program, ...argv], { cwd: folder, stdio: 'ignore' });
}

const password = ['--ca-password-file', join(folder, 'password')];
let serial = 0;

function prepare(name, { ca, caOptions, memberOptions, member }) {
  const cwd = join(folder, name);
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'san.cnf'), '[ v3_req ]\nsubjectAltName = @alt_names\n[ alt_names ]\nIP.1 = 192.168.1.100\n');
  openssl(cwd, 'genpkey', ...caOptions, '-aes256', '-pass', 'pass:secret', '-out', 'ca.key');
  const subject = ['-subj', '/CN=ca', '-passin', 'pass:secret'];
  openssl(cwd, 'req', '-x509', '-new', '-key', 'ca.key', '-sha256', '-days', '3650', ...subject, '-out', 'ca.pem');
  qtchat('ca', 'init', '--key', ca, ...password, '--home', join(cwd, 'encrypted'));
  qtchat('ca', 'init', '--key', ca, '--no-password', '--home', join(cwd, 'plain'));
  const issue = (home, ...more) => {
    serial += 1;
    const names = [`m${serial}`, '--ip', '192.168.1.100', '--key', member];
    qtchat('cert', 'issue', ...names, '--out', cwd, '--home', join(cwd, home), ...more);
  };
  return {
    'openssl genpkey + req + x509': () => {
      openssl(cwd, 'genpkey', ...memberOptions, '-out', 'server.key');
      openssl(cwd, 'req', '-new', '-key', 'server.key', '-subj', '/CN=bob', '-out', 'server.csr');
      const ca = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-passin', 'pass:secret'];
      const extensions = ['-extfile', 'san.cnf', '-extensions', 'v3_req'];
      openssl(
        cwd,
        'x509',
        '-req',
        '-in',
        'server.csr',
        ...ca,
        '-days',
        '365',
        '-sha256',
        ...extensions,
        '-out',
        'server.pem',
      );
    },
    'qtchat cert issue': () => issue('encrypted', ...password),
    'qtchat cert issue, no CA password': () => issue('plain'),
  };
}

function median(values) {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

try {
  writeFileSync(join(folder, 'password'), 'secret\n', { mode: 0o600 });
  for (const [name, kind] of Object.entries(kinds)) {
    const subjects = Object.entries(prepare(name, kind)).map(([title, run]) => ({ title, run, times: [] }));
    for (let round = 0; round < runs; round += 1) {
      for (const { run, times } of subjects) {
        const start = performance.now();
        run();
        times.push(performance.now() - start);
      }
    }
    const floor = median(subjects[0].times);
    for (const { title, times } of subjects) {
      const value = median(times);
      const ratio = (value / floor).toFixed(2);
      console.log(`${name.padEnd(4)} ${title.padEnd(34)} ${value.toFixed(0).padStart(5)} ms   ${ratio} × openssl`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
