// A throw-away circle: three members with homes of their own, made by the program itself; and what they send each other.
import { execFile } from 'node:child_process';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { program } from './shown-program.mjs';

const run = promisify(execFile);

/** Makes the homes alice, bob and carol in a folder; alice has the CA. */
export async function makeCircle(folder) {
  const host = ['--home', join(folder, 'alice')];
  await qtchat(folder, 'ca', 'init', '--no-password', ...host);
  await qtchat(folder, 'cert', 'issue', 'alice', '--me', '--ip', '127.0.0.1', ...host);
  for (const name of ['bob', 'carol']) await enrol(folder, name);
}

/** Gives bob a new key, which nobody has seen yet. */
export async function changeKey(folder) {
  await enrol(folder, 'bob', { isAgain: true });
}

/** A member makes a key, and alice's CA certifies it. */
async function enrol(folder, name, { isAgain = false } = {}) {
  const [host, guest] = ['alice', name].map((home) => ['--home', join(folder, home)]);
  const force = isAgain ? ['--force'] : [];
  await qtchat(folder, 'cert', 'request', name, '--ip', '127.0.0.1', '--out', '.', ...force, ...guest);
  const replace = isAgain ? ['--replace', '--force'] : [];
  await qtchat(folder, 'cert', 'sign', `${name}.csr`, '--out', '.', ...replace, ...host);
  await qtchat(folder, 'cert', 'import', `${name}.pem`, '--root-file', 'alice/ca/root.pem', ...force, ...guest);
}

async function qtchat(folder, ...words) {
  await run(program[0], [program[1], ...words], { cwd: folder, env: { ...process.env, HOME: folder } });
}

/** What bob has in his folder: a picture, a film too large to be taken unasked, and a short text. */
export async function makeFiles(folder) {
  await mkdir(folder, { recursive: true });
  await sharp(Buffer.from(harbour)).png().toFile(join(folder, 'harbour.png'));
  await writeFile(join(folder, 'tides.txt'), 'high water 09:12, low water 15:24\n');
  for (const [name, sizeBytes] of [
    ['regatta.mkv', 734_000_000],
    ['charts.zip', 212_000_000],
  ]) {
    const file = await open(join(folder, name), 'w');
    await file.truncate(sizeBytes);
    await file.close();
  }
}

const harbour = `<svg xmlns="http://www.w3.org/2000/svg" width="320" height="200">
  <linearGradient id="sky" x2="0" y2="1"><stop stop-color="#2b3a67"/><stop offset=".6" stop-color="#e8825a"/>
  <stop offset="1" stop-color="#f7c873"/></linearGradient>
  <rect width="320" height="120" fill="url(#sky)"/>
  <circle cx="230" cy="112" r="26" fill="#fff1c1"/>
  <path d="M0 120 40 88 90 106 140 76 190 120z" fill="#3b2f4d"/>
  <rect y="120" width="320" height="80" fill="#1f5673"/>
  <path d="M190 128h80v6h-80zM205 142h50v5h-50zM214 156h32v5h-32z" fill="#f3c178"/>
  <path d="M60 150h92l-14 20H76z" fill="#7a2e2e"/>
  <path d="M104 52v92h44z" fill="#f6f1e5"/><path d="M98 66v78H66z" fill="#dfd5c0"/>
  <rect y="184" width="320" height="16" fill="#163f55"/>
</svg>`;
