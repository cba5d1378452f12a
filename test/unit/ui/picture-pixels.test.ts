/** How many pixels pictures say they have: of all kinds that are shown, as encoders that nobody here wrote make them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import sharp, { type Sharp } from 'sharp';
import { openStoredFile } from '../../../src/store/arriving-file.js';
import { picturePixels } from '../../../src/ui/picture-pixels.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qtchat-pixels-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function pixelsOf(octets: Buffer): Promise<number> {
  const path = join(folder, 'picture');
  await writeFile(path, octets);
  const file = await openStoredFile(path);
  try {
    return await picturePixels(file, new AbortController().signal);
  } finally {
    await file.close();
  }
}

const picture = (): Sharp => sharp({ create: { width: 300, height: 7, channels: 3, background: '#336699' } });

it.each<[string, () => Promise<Buffer>]>([
  ['PNG', () => picture().png().toBuffer()],
  ['GIF', () => picture().gif().toBuffer()],
  ['JPEG', () => picture().jpeg().toBuffer()],
  [
    'progressive JPEG with a profile',
    () => picture().jpeg({ progressive: true }).keepIccProfile().withMetadata().toBuffer(),
  ],
  ['WebP', () => picture().webp().toBuffer()],
  ['WebP without loss', () => picture().webp({ lossless: true }).toBuffer()],
  ['WebP with more than a picture', () => picture().webp().withMetadata().toBuffer()],
])('counts those of a %s', async (_kind, make) => {
  expect(await pixelsOf(await make())).toBe(300 * 7);
});

it('finds them in a JPEG behind all that was put before', async () => {
  const jpeg = await picture().jpeg().toBuffer();
  const comment = Buffer.concat([Buffer.from('fffeffff', 'hex'), Buffer.alloc(65_533)]);
  const parts = [jpeg.subarray(0, 2), ...Array<Buffer>(8).fill(comment), jpeg.subarray(2)];
  expect(await pixelsOf(Buffer.concat(parts))).toBe(300 * 7);
});

it('counts those of the first picture of a GIF where they are more: browsers do', async () => {
  const gif = await picture().gif().toBuffer();
  gif.writeUInt16LE(1, 6);
  gif.writeUInt16LE(1, 8);
  expect(await pixelsOf(gif)).toBe(300 * 7);
});

it.each([
  ['a GIF that is cut', Buffer.from(`GIF89a${'\0'.repeat(7)}!\xfe\xff`, 'latin1'), Number.POSITIVE_INFINITY],
  ['what is no picture', Buffer.from('<svg width="100000" height="100000">'), 0],
  ['a JPEG that is cut', Buffer.from('ffd8ffe000104a464946', 'hex'), Number.POSITIVE_INFINITY],
  ['a JPEG with something between', Buffer.from(`ffd8ffe0000200${'00'.repeat(40)}`, 'hex'), Number.POSITIVE_INFINITY],
])('tells %s', async (_what, octets, count) => {
  expect(await pixelsOf(octets)).toBe(count);
});
