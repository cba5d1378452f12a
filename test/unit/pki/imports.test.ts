import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const folder = new URL('../../../src/pki/', import.meta.url);

/** What a file imports when it is loaded; types cost nothing, and `await import()` only when it runs. */
function staticImports(file: string): string[] {
  const source = readFileSync(new URL(file, folder), 'utf8');
  const imports = [...source.matchAll(/^(?:import|export)\s(?!type\s)[^;]*?from '([^']+)';/gm)].map(
    (match) => match[1] ?? '',
  );
  return [...imports, ...[...source.matchAll(/^import '([^']+)';/gm)].map((match) => match[1] ?? '')];
}

describe('src/pki', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));

  it.each(files)('%s loads nothing but Node, errors and its neighbours at start-up', (file) => {
    for (const name of staticImports(file)) {
      expect(name).toMatch(/^node:|^\.\.\/errors\.js$|^\.\/[a-z0-9-]+\.js$/);
      expect(name).not.toMatch(/^node:(fs|http|tls|child_process|process)/);
    }
  });

  it('loads its libraries only where they are needed', () => {
    const users = files.filter((file) => /await import\('/.test(readFileSync(new URL(file, folder), 'utf8')));
    expect(users.sort()).toEqual(['csr.ts', 'pfx-legacy.ts']);
  });
});
