/** What a typed line is: a text, or a command. */

/** A line that was typed. */
export type TypedInput =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'command'; readonly name: string; readonly rest: string };

/** Reads a typed line. A slash at its beginning makes it a command; two of them make it a text that begins with one. */
export function parseInput(line: string): TypedInput {
  if (line.startsWith('//')) return { kind: 'text', text: line.slice(1) };
  if (!line.startsWith('/')) return { kind: 'text', text: line };
  const [, name = '', rest = ''] = /^\/(\S*)\s*(.*)$/s.exec(line) ?? [];
  return { kind: 'command', name, rest: rest.trimEnd() };
}
