/** The files of the page, as the build made them: a short list, read when the window opens. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../package-root.js';

/** One file of the page. */
export interface PageFile {
  readonly type: string;
  readonly content: Buffer;
}

const types: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'main.js': 'text/javascript; charset=utf-8',
  'main.css': 'text/css; charset=utf-8',
  'favicon.svg': 'image/svg+xml',
  'manifest.webmanifest': 'application/manifest+json',
};

/** Where the build puts them. */
export function builtPage(): string {
  return join(packageRoot(), 'dist/web');
}

/** Reads them; by their names in a URL, of which the empty one is the page itself. Those that are missing are left out. */
export async function readPageFiles(folder: string): Promise<ReadonlyMap<string, PageFile>> {
  const files = new Map<string, PageFile>();
  for (const [name, type] of Object.entries(types)) {
    const content = await readFile(join(folder, name)).catch(() => undefined);
    if (content !== undefined) files.set(name === 'index.html' ? '' : name, { type, content });
  }
  return files;
}
