// Adds what package.json asks for to package-lock.json, so that `npm ci` accepts it on every platform. npm leaves out the
// optional packages of other platforms when its registry does not carry them, and `npm ci` then calls
// the lock incomplete; this adds them by what their parents declare. Run it after changing package.json.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const operatingSystems = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const processors = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'];

/** The platform that a package such as `@swc/core-linux-arm64-musl` is for, read off its name. */
function platformOf(name) {
  const words = name.split(/[/-]/);
  const os = operatingSystems.find((system) => words.includes(system));
  const cpu = processors.find((processor) => words.includes(processor));
  if (os === undefined) return {};
  const libc = words.includes('musl') ? 'musl' : words.includes('gnu') && os === 'linux' ? 'glibc' : undefined;
  return { ...(cpu && { cpu: [cpu] }), os: [os], ...(libc && { libc: [libc] }) };
}

const folder = mkdtempSync(join(tmpdir(), 'qtchat-lock-'));
try {
  writeFileSync(join(folder, 'package.json'), readFileSync(join(root, 'package.json')));
  // What is locked stays as it is, and nothing depends on what this machine has installed.
  writeFileSync(join(folder, 'package-lock.json'), readFileSync(join(root, 'package-lock.json')));
  execFileSync('npm', ['install', '--package-lock-only', '--ignore-scripts'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
  let added = 0;
  for (const parent of Object.values(lock.packages)) {
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      const key = `node_modules/${name}`;
      if (lock.packages[key] !== undefined || !/^\d/.test(version)) continue;
      lock.packages[key] = { version, ...platformOf(name), ...(parent.dev && { dev: true }), optional: true };
      added += 1;
    }
  }
  for (const entry of Object.values(lock.packages)) delete entry.resolved;
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(join(root, 'package-lock.json'), `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`package-lock.json: ${Object.keys(lock.packages).length} packages, ${added} of other platforms added`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
