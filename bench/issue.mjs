// How many certificates a core issues (P-256), as certificates for one second of CPU time of all threads:
// with a fresh key, its PKCS #8 and the plan checked; for public keys that are there already, as from CSRs;
// and both beside what OpenSSL's own sign and verify take in the same run, which no program can go below.
//
// Every certificate is planned, the plan checked, signed, parsed again, compared with its plan, and its
// signature verified, as everywhere in the program. That verification is the limit: OpenSSL verifies in
// 69 µs and signs in 26 µs of a 2-core machine of 2026, so 10,000 certificates/s would leave 5 µs for all
// else; about 30 µs are used. Nothing verifies faster there: createVerify and X509Certificate#verify
// take as long, the thread pool 86 µs, WebCrypto 137 µs, and @noble/curves 650 µs even with tables for
// both points; an Ed25519 signature, made and verified, takes 127 µs. To verify with the secret key would
// cost a third, and prove nothing to those who have the public one.
//
//   node bench/issue.mjs [certificates]        default 10000
import { createPublicKey, randomBytes, sign, verify } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const count = Number(process.argv[2] ?? 10000);
// Until the functions are compiled.
const warmUp = 3000;
const root = dirname(dirname(fileURLToPath(import.meta.url)));

const folder = await mkdtemp(join(tmpdir(), 'qtchat-bench-'));
try {
  await main(await loadPki(folder));
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Bundles src/pki, so that what is measured is the source and not a build of yesterday. */
async function loadPki(folder) {
  const modules = [
    'fresh-key',
    'issue',
    'issuer',
    'key-type',
    'plan',
    'pooled-random',
    'private-key',
    'profile',
    'subject-public-key',
  ];
  const outfile = join(folder, 'pki.mjs');
  await build({
    stdin: { contents: modules.map((name) => `export * from './src/pki/${name}.js';`).join('\n'), resolveDir: root },
    bundle: true,
    format: 'esm',
    platform: 'node',
    external: ['@peculiar/x509', 'reflect-metadata'],
    outfile,
  });
  return import(pathToFileURL(outfile).href);
}

async function main(pki) {
  const profile = pki.parseProfile(JSON.parse(await readFile(join(root, 'templates/peer.json'), 'utf8')));
  const deps = { clock: () => new Date(), random: pki.poolRandom(randomBytes) };
  const key = await pki.generateKey('p256');
  const rootPlan = pki.buildRootPlan({ name: 'Our family', key, validityDays: 3650 }, deps);
  const issuer = pki.createIssuer(key, [await pki.issueRoot(rootPlan, key)]);
  const names = [{ type: 'ip', value: '192.168.1.100' }];
  const issue = async (publicKey, index) => {
    const request = { member: `member${index}`, names, publicKey, validityDays: 365 };
    return pki.issueDer(pki.buildCertificatePlan(request, profile, issuer, deps), issuer);
  };
  const withKey = async (index) => {
    const { publicKey, pkcs8 } = await pki.makeFreshKey('p256');
    await issue(publicKey, index);
    pki.pkcs8ToPem(pkcs8);
  };
  const fresh = await Promise.all(Array.from({ length: warmUp + count }, () => pki.makeFreshKey('p256')));
  const publicKeys = fresh.map(({ publicKey }) => pki.SubjectPublicKey.parse(publicKey.der));
  const tbs = randomBytes(450);
  const caPublicKey = createPublicKey(key);
  const openssl = async () => void verify('sha256', tbs, caPublicKey, sign('sha256', tbs, key));

  const floor = await measure('OpenSSL: one signature, made and verified', openssl);
  await measure('certificate, with a fresh key in PKCS #8', withKey, floor);
  await measure("certificate for a CSR's public key", (index) => issue(publicKeys[index], index), floor);
}

async function measure(name, run, floor) {
  for (let index = 0; index < warmUp; index += 1) await run(index);
  const start = process.cpuUsage();
  for (let index = warmUp; index < warmUp + count; index += 1) await run(index);
  const { user, system } = process.cpuUsage(start);
  const perSecond = count / ((user + system) / 1e6);
  const ratio = floor === undefined ? '' : `   ${(perSecond / floor).toFixed(2)} × OpenSSL's signatures`;
  console.log(`${name.padEnd(44)} ${perSecond.toFixed(0).padStart(6)} /s per core${ratio}`);
  return perSecond;
}
