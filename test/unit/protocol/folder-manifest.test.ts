import { describe, expect, it } from '@jest/globals';
import { isSafeEntryName } from '../../../src/files/file-name.js';
import { type CborMap, encodeCbor } from '../../../src/protocol/cbor.js';
import { decodeManifest, encodeManifest, type FolderEntry } from '../../../src/protocol/folder-manifest.js';

const entries: FolderEntry[] = [
  { path: 'photos' },
  { path: 'photos/.hidden', sizeBytes: 3 },
  { path: 'photos/empty' },
  { path: 'run.sh', sizeBytes: 4, isExecutable: true },
];

function decode(list: unknown, contentBytes = 7): FolderEntry[] {
  return decodeManifest(encodeCbor({ version: 1, entries: list } as CborMap), contentBytes, isSafeEntryName);
}

describe('the list of a folder', () => {
  it('comes out as it went in', () => {
    const encoded = encodeManifest(entries);
    expect(encoded.readUInt32BE()).toBe(encoded.length - 4);
    expect(decodeManifest(encoded.subarray(4), 7, isSafeEntryName)).toEqual(entries);
  });

  it('comes out as it went in when it is as long as it may be', () => {
    const list = Array.from({ length: 65_536 }, (_, index) => ({ path: `${index}`, sizeBytes: 0, isExecutable: true }));
    expect(decodeManifest(encodeManifest(list).subarray(4), 0, isSafeEntryName)).toHaveLength(65_536);
  });

  it.each<[string, unknown]>([
    ['a path upwards', [{ path: '../x', sizeBytes: 7 }]],
    ['a path upwards within', [{ path: 'a' }, { path: 'a/../../x', sizeBytes: 7 }]],
    ['the folder itself', [{ path: '.', sizeBytes: 7 }]],
    ['a path upwards in look-alikes', [{ path: '.\u2024', sizeBytes: 7 }]],
    ['an absolute path', [{ path: '/etc/passwd', sizeBytes: 7 }]],
    ['a path that begins with a separator', [{ path: '/x', sizeBytes: 7 }]],
    ['a path with an empty name', [{ path: 'a' }, { path: 'a//x', sizeBytes: 7 }]],
    ['a Windows path', [{ path: 'C:\\x', sizeBytes: 7 }]],
    ['a name with NUL', [{ path: 'x\u0000', sizeBytes: 7 }]],
    ['a device', [{ path: 'nul.txt', sizeBytes: 7 }]],
    ['a hidden device', [{ path: '.\u202ex', sizeBytes: 7 }]],
    [
      'a name twice',
      [
        { path: 'x', sizeBytes: 3 },
        { path: 'x', sizeBytes: 4 },
      ],
    ],
    [
      'a file in a file',
      [
        { path: 'x', sizeBytes: 3 },
        { path: 'x/y', sizeBytes: 4 },
      ],
    ],
    ['a file without its folder', [{ path: 'a/x', sizeBytes: 7 }]],
    ['less than came', [{ path: 'x', sizeBytes: 6 }]],
    ['more than came', [{ path: 'x', sizeBytes: 8 }]],
    [
      'a negative size',
      [
        { path: 'x', sizeBytes: 10 },
        { path: 'y', sizeBytes: -3 },
      ],
    ],
    ['a field that nobody knows', [{ path: 'x', sizeBytes: 7, link: '/etc' }]],
    ['a path that is too deep', [{ path: Array(33).fill('a').join('/'), sizeBytes: 7 }]],
    ['a path that is too long', [{ path: 'a'.repeat(1_025), sizeBytes: 7 }]],
    ['no list', 7],
  ])('is refused with %s', (_, list) => {
    expect(() => decode(list)).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }));
  });

  it('is not sent where nobody would take it', () => {
    const many = Array.from({ length: 65_537 }, (_, index) => ({ path: `${index}` }));
    for (const list of [many, [{ path: Array(33).fill('a').join('/') }]]) {
      expect(() => encodeManifest(list)).toThrow(expect.objectContaining({ code: 'ERR_STORE_UNREADABLE' }));
    }
  });
});
