// Bundles the source, so that what is measured is not a build of yesterday.
import { mkdtemp } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const options = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  platform: 'node',
  mainFields: ['module', 'main'],
  external: ['libsql', 'typescript'],
  banner: { js: "import{createRequire as r}from'node:module';const require=r(import.meta.url);" },
  logLevel: 'error',
};

/**
 * Bundles modules of the source into one, and the programs that an Auto CA runs beside itself.
 *
 * @returns the folder; it stands beside node_modules, where what is not bundled is found
 */
export async function bundleAutoCa(modules) {
  const folder = await bundle(modules);
  const entryPoints = { signer: 'ca-server/signer/child.ts', 'key-worker': 'ca-server/keys/worker.ts' };
  await build({ ...options, entryPoints, outdir: folder });
  return folder;
}

/** Bundles modules of the source into one; otherwise as {@link bundleAutoCa}. */
export async function bundle(modules) {
  const folder = await mkdtemp(join(root, 'dist', 'bench-'));
  const contents = modules.map((name) => `export * from './${name}.js';`).join('\n');
  await build({ ...options, stdin: { contents, resolveDir: root }, outfile: join(folder, 'all.js') });
  return folder;
}

/** What was bundled into a folder. */
export function load(folder) {
  return import(pathToFileURL(join(folder, 'all.js')).href);
}
