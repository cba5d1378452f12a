// Bundles src/, commands/, ca-server/ and web/ into dist/ and writes the oclif manifest. A bundle starts
// in a fraction of the time that many small files take. `npm ci --omit=dev` runs this too, without
// esbuild: then there is nothing to do, and that is not an error.
import { copyFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const esbuild = await import('esbuild').catch(() => undefined);
if (esbuild === undefined) {
  console.error('esbuild is not installed; keeping dist/ as it is');
  process.exit(0);
}

const commandFiles = (await readdir(join(root, 'commands'), { recursive: true })).filter((name) =>
  name.endsWith('.ts'),
);
const entryPoints = {
  main: 'src/main.ts',
  'batch-worker': 'src/cli/batch/worker.ts',
  signer: 'ca-server/signer/child.ts',
  'key-worker': 'ca-server/keys/worker.ts',
  'picture-decoder': 'src/ui/terminal/pictures/decoder-child.ts',
  'media-process': 'src/calls/media-process/child.ts',
};
for (const name of commandFiles) entryPoints[`commands/${name.slice(0, -3)}`] = join('commands', name);

// Built aside and put in place at the end: whoever runs the program meanwhile finds a whole one.
const [built, dist, former] = ['dist.new', 'dist', 'dist.old'].map((name) => join(root, name));
await rm(built, { recursive: true, force: true });
await esbuild.build({
  absWorkingDir: root,
  entryPoints,
  outdir: built,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  chunkNames: 'chunks/[name]-[hash]',
  // @peculiar/x509 breaks when its CommonJS form is bundled.
  mainFields: ['module', 'main'],
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  // libsql and sharp find their native parts by themselves; typescript is only oclif's development loader.
  external: ['libsql', 'sharp', 'typescript', 'ts-node', 'tsx'],
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
await esbuild.build({
  absWorkingDir: root,
  entryPoints: ['web/main.tsx', 'web/main.css'],
  outdir: join(built, 'web'),
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
});
for (const name of ['index.html', 'favicon.svg', 'manifest.webmanifest']) {
  await copyFile(join(root, 'web', name), join(built, 'web', name));
}

await rm(former, { recursive: true, force: true });
await rename(dist, former).catch(() => {});
await rename(built, dist);
await rm(former, { recursive: true, force: true });

// With a manifest oclif need not load every command to find one.
const { Plugin } = await import('@oclif/core');
const plugin = new Plugin({ root, type: 'core', ignoreManifest: true, errorOnManifestCreate: true });
await plugin.load();
const manifest = join(root, 'oclif.manifest.json');
await writeFile(`${manifest}.new`, JSON.stringify(plugin.manifest));
await rename(`${manifest}.new`, manifest);
