/**
 * Changes to a DER value that keep it well-formed: a value is replaced, removed, repeated, moved or retagged, and
 * every length around it is made right again. So they get past the outer checks that damaged octets fail.
 */
import fc from 'fast-check';
import { encodeDer } from '../../src/pki/der.js';
import { DerError, DerReader } from '../../src/pki/der-reader.js';

/** One value: primitive octets, or values inside, which also an OCTET STRING may hold. */
interface Node {
  tag: number;
  content: Buffer;
  children: Node[] | undefined;
}

/** A change to a DER value. */
export type DerChange = (der: Buffer) => Buffer;

const constructedBit = 0x20;
const octetString = 0x04;
const maximumDepth = 30;

function parse(octets: Buffer, depth = 0): Node[] {
  const reader = new DerReader(octets);
  const nodes: Node[] = [];
  while (!reader.done) {
    const { tag, content } = reader.readAny();
    nodes.push({ tag, content, children: childrenOf(tag, content, depth + 1) });
  }
  return nodes;
}

function childrenOf(tag: number, content: Buffer, depth: number): Node[] | undefined {
  if (depth > maximumDepth || ((tag & constructedBit) === 0 && tag !== octetString)) return undefined;
  try {
    return parse(content, depth);
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

const encode = ({ tag, content, children }: Node): Buffer =>
  encodeDer(tag, ...(children === undefined ? [content] : children.map(encode)));

/** Every list of values that are inside one value, from the outermost on. */
function listsIn(nodes: Node[]): Node[][] {
  return [nodes, ...nodes.flatMap(({ children }) => (children === undefined ? [] : listsIn(children)))].filter(
    ({ length }) => length > 0,
  );
}

type Edit = (list: Node[], index: number, all: Node[][]) => void;

const leaf = (tag: number, content: Buffer): Node => ({ tag, content, children: undefined });

/** Contents at which readers tend to stumble. */
const contents = fc.oneof(
  fc.constantFrom(
    ...['', '00', '01', 'ff', '80', '0000', 'ff7f', '7fffffff', 'ffffffffffffffff', '0080', '03', '3000', '300a'].map(
      (hex) => Buffer.from(hex, 'hex'),
    ),
    Buffer.alloc(300, 0xff),
    Buffer.alloc(5000, 0x30),
    Buffer.from('19700101000000Z'),
    Buffer.from('99991231235959Z'),
    Buffer.from('20260230000000Z'),
    Buffer.from('qtchat://x/bob'),
    Buffer.from('a.example\0.evil'),
  ),
  fc.uint8Array({ maxLength: 20 }).map((octets) => Buffer.from(octets)),
);

const edit: fc.Arbitrary<Edit> = fc.oneof(
  contents.map(
    (content): Edit =>
      (list, index) => {
        list[index] = leaf(list[index]?.tag ?? 5, content);
      },
  ),
  fc.nat(255).map(
    (tag): Edit =>
      (list, index) => {
        const node = list[index];
        if (node !== undefined && (tag & 0x1f) !== 0x1f) list[index] = { ...node, tag };
      },
  ),
  fc.constant<Edit>((list, index) => list.splice(index, 1)),
  fc.integer({ min: 1, max: 60 }).map(
    (times): Edit =>
      (list, index) => {
        const node = list[index];
        if (node !== undefined) list.splice(index, 0, ...Array.from({ length: times }, () => node));
      },
  ),
  fc.nat().map(
    (which): Edit =>
      (list, index, all) => {
        const from = all[which % all.length];
        const node = from?.[which % from.length];
        // Never into itself: what is put elsewhere is a copy as it stands now.
        if (node !== undefined) list[index] = leaf(node.tag, encode(node).subarray(-contentSize(node)));
      },
  ),
  fc.integer({ min: 1, max: 500 }).map(
    (depth): Edit =>
      (list, index) => {
        const node = list[index];
        if (node === undefined) return;
        let octets = encode(node);
        for (let level = 0; level < depth; level += 1) octets = encodeDer(0x30, octets);
        list[index] = leaf(0x30, octets);
      },
  ),
  fc.tuple(fc.nat(255), contents).map(
    ([tag, content]): Edit =>
      (list) => {
        if ((tag & 0x1f) !== 0x1f) list.push(leaf(tag, content));
      },
  ),
  fc.constant<Edit>((list) => list.reverse()),
);

function contentSize({ content, children }: Node): number {
  return children === undefined ? content.length : children.reduce((sum, child) => sum + encode(child).length, 0);
}

const longestFileBytes = 4 * 1024 * 1024;

/** One to three changes, wherever they fall. */
export const derChange: fc.Arbitrary<DerChange> = fc
  .array(fc.tuple(fc.nat(), fc.nat(), edit), { minLength: 1, maxLength: 3 })
  .map((edits) => (der) => {
    const nodes = parse(der);
    for (const [where, which, apply] of edits) {
      const all = listsIn(nodes);
      const list = all[where % all.length];
      if (list !== undefined) apply(list, which % list.length, all);
    }
    const changed = Buffer.concat(nodes.map(encode));
    // Changes multiply, and no longer file is read.
    return changed.length > longestFileBytes ? der : changed;
  });
