import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { iterm2Painter } from '../../../../src/ui/terminal/pictures/iterm2.js';
import { paintedRaster } from '../../../helpers/raster.js';

const raster = paintedRaster(31, 40, (x, y) => x * 0x080402 + y * 0x000105);

/** The keys of a command, and the picture in it as another decoder sees it. */
async function read(text: string) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  const [, keys = '', content = ''] = /^\x1b\]1337;File=([^:]*):([A-Za-z0-9+/=]*)\x07$/.exec(text) ?? [];
  const png = Buffer.from(content, 'base64');
  const { data, info } = await sharp(png, { failOn: 'warning' }).raw().toBuffer({ resolveWithObject: true });
  return { keys: Object.fromEntries(keys.split(';').map((pair) => pair.split('='))), png, data, info };
}

describe('a picture of iTerm2', () => {
  it('is a PNG of its very pixels, in so many cells', async () => {
    const { keys, png, data, info } = await read(iterm2Painter(raster, 4)(0, 40, 2));
    expect(keys).toEqual({
      ...{
        inline: '1',
        size: String(png.length),
        width: '4',
        height: '2',
        preserveAspectRatio: '1',
        doNotMoveCursor: '1',
      },
    });
    expect(info).toMatchObject({ width: 31, height: 40, channels: 3 });
    expect(data.equals(raster.pixels)).toBe(true);
  });

  it('is drawn in part where the rest is out of sight', async () => {
    const { keys, data, info } = await read(iterm2Painter(raster, 4)(20, 20, 1));
    expect(keys).toMatchObject({ width: '4', height: '1' });
    expect(info).toMatchObject({ width: 31, height: 20 });
    expect(data.equals(raster.pixels.subarray(31 * 20 * 3))).toBe(true);
  });
});
