// Proves the import directions of docs/ARCHITECTURE.md: a layer imports only layers before it, nobody
// imports commands, and no two files import each other in a circle. Types count too.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

// Parts on one line do not import each other.
const layers = [
  ['errors', 'package-root'],
  ['pki', 'protocol'],
  ['store'],
  ['ledger', 'enroll', 'transport'],
  ['chat', 'files', 'calls'],
  ['conversation'],
  ['ui'],
  ['cli'],
  ['main', 'commands'],
];
// What does not follow from its place in the order.
const exceptions = {
  'ca-server': ['errors', 'pki', 'store', 'ledger', 'enroll'],
  web: ['protocol'],
  commands: [...layers.flat().filter((part) => part !== 'main' && part !== 'commands'), 'ca-server'],
};

function partOf(path) {
  const [first, second] = path.split('/');
  return first === 'src' ? second.replace(/\.tsx?$/, '') : first;
}

function allowedFor(part) {
  if (exceptions[part]) return exceptions[part];
  const rank = layers.findIndex((layer) => layer.includes(part));
  return rank < 0 ? undefined : layers.slice(0, rank).flat();
}

const files = ['src', 'commands', 'ca-server', 'web'].flatMap((folder) => {
  try {
    return readdirSync(join(root, folder), { recursive: true })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
});

const faults = [];
const graph = new Map();
for (const file of files) {
  const source = readFileSync(join(root, file), 'utf8');
  const allowed = allowedFor(partOf(file));
  if (allowed === undefined) faults.push(`${file}: its folder has no place in the order of layers`);
  const targets = [];
  for (const [, specifier] of source.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
    const target = relative(root, join(root, dirname(file), specifier)).replace(/\.js$/, '.ts');
    if (!/^(src|commands|ca-server|web)\//.test(target)) continue;
    targets.push(target);
    const part = partOf(target);
    if (part !== partOf(file) && !allowed?.includes(part)) faults.push(`${file} may not import ${target}`);
  }
  graph.set(file, targets);
}

const state = new Map();
function visit(file, path) {
  if (state.get(file) === 'done' || !graph.has(file)) return;
  if (state.get(file) === 'open') {
    faults.push(`circle: ${[...path.slice(path.indexOf(file)), file].join(' → ')}`);
    return;
  }
  state.set(file, 'open');
  for (const target of graph.get(file)) visit(target, [...path, file]);
  state.set(file, 'done');
}
for (const file of graph.keys()) visit(file, []);

for (const fault of faults) console.error(fault);
console.log(`imports: ${files.length} files, ${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
