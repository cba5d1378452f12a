/** Pictures from files to characters, decoded by the built process; and what hostile files and processes come to. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import sharp, { type Sharp } from 'sharp';
import type { Picture } from '../../src/ui/terminal/pictures/picture.js';
import { Pictures, type PicturesOptions } from '../../src/ui/terminal/pictures/pictures.js';

// A busy machine makes nothing fail here either.
const deadlineMs = 110_000;
jest.setTimeout(120_000);
const onPosix = process.platform === 'win32' ? it.skip : it;
const area = { columns: 40, rows: 12 };
const red = { r: 255, g: 0, b: 0 };
const blue = { r: 0, g: 0, b: 255 };

let folder: string;
let opened: Pictures[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qtchat-pictures-'));
  opened = [];
});

afterEach(async () => {
  await Promise.all(opened.map((pictures) => pictures.close()));
  rmSync(folder, { recursive: true });
});

function picturesBy(options: Partial<PicturesOptions> = {}): Pictures {
  const pictures = new Pictures({ protocol: 'blocks', colors: 'truecolor', deadlineMs, ...options });
  opened.push(pictures);
  return pictures;
}

function file(name: string, content: Buffer | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Left half red, right half blue. */
function twoHalves(width = 80, height = 40): Sharp {
  const right = { create: { width: width / 2, height, channels: 3, background: blue } } as const;
  return sharp({ create: { width, height, channels: 3, background: red } }).composite([
    { input: right, left: width / 2, top: 0 },
  ]);
}

function noise(width: number, height: number): Sharp {
  const background = { r: 0, g: 0, b: 0 };
  return sharp({
    create: { width, height, channels: 3, background, noise: { type: 'gaussian', mean: 128, sigma: 60 } },
  });
}

/** A program in the decoder's place. */
function decoder(source: string): { program: string } {
  return { program: file('decoder.cjs', source) };
}

const color = /38;2;(\d+;\d+;\d+)m/;
/** The name of a colour, as far as it has one. */
function nameOf(code: string | undefined): string {
  const [r = 0, g = 0, b = 0] = (code ?? '').split(';').map(Number);
  if (g > 5) return 'another';
  return r > 250 && b < 5 ? 'red' : b > 250 && r < 5 ? 'blue' : 'another';
}
/** The colours of the first row, at its beginning and at its end. */
function edges({ rows }: Picture): string[] {
  const colors = [...(rows[0] ?? '').matchAll(new RegExp(color, 'g'))].map(([, code]) => nameOf(code));
  return [colors.at(0) ?? '', colors.at(-1) ?? ''];
}
const png = async (): Promise<string> => file('a.png', await twoHalves().png().toBuffer());

describe('a picture', () => {
  it.each([
    ['png', {}],
    ['gif', {}],
    ['webp', { lossless: true }],
    ['jpeg', { quality: 100, chromaSubsampling: '4:4:4' }],
  ] as const)('is shown of %s, whatever its name is', async (format, options) => {
    const path = file('whatever.txt', await twoHalves().toFormat(format, options).toBuffer());
    const picture = await picturesBy().show(path, area);
    expect(picture).toMatchObject({ natural: { width: 80, height: 40 }, columns: 40 });
    expect(picture.rows).toHaveLength(10);
    expect(edges(picture)).toEqual(['red', 'blue']);
  });

  it('stands upright where the camera did not', async () => {
    const turned = await twoHalves().withMetadata({ orientation: 6 }).png().toBuffer();
    const picture = await picturesBy().show(file('turned.png', turned), area);
    expect(picture).toMatchObject({ natural: { width: 40, height: 80 }, columns: 12 });
    expect([picture.rows[0], picture.rows.at(-1)].map((row) => nameOf(row?.match(color)?.[1]))).toEqual([
      'red',
      'blue',
    ]);
  });

  it('is the first of those that move', async () => {
    const frames = [red, blue].map((background) =>
      sharp({ create: { width: 8, height: 8, channels: 3, background } })
        .png()
        .toBuffer(),
    );
    const moving = await sharp(await Promise.all(frames), { join: { animated: true } })
      .gif()
      .toBuffer();
    const picture = await picturesBy().show(file('moving.gif', moving), area);
    expect(picture.natural).toEqual({ width: 8, height: 8 });
    expect(edges(picture)).toEqual(['red', 'red']);
  });

  it('lets the background through where it is transparent', async () => {
    const clear = { create: { width: 8, height: 8, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } } as const;
    const path = file('clear.png', await sharp(clear).png().toBuffer());
    expect(edges(await picturesBy({ background: '#0000ff' }).show(path, area))).toEqual(['blue', 'blue']);
  });

  it('is not enlarged', async () => {
    const picture = await picturesBy().show(file('dot.png', await twoHalves(6, 3).png().toBuffer()), area);
    expect(picture).toMatchObject({ natural: { width: 6, height: 3 }, columns: 6 });
    expect(picture.rows).toHaveLength(2);
  });

  it.each([
    ['of sixteen bits', (image: Sharp) => image.toColourspace('rgb16').png()],
    ['of grey', (image: Sharp) => image.greyscale().png()],
    ['for printers', (image: Sharp) => image.toColourspace('cmyk').jpeg()],
  ])('is shown %s', async (_, change) => {
    const path = file('odd', await change(twoHalves()).toBuffer());
    expect(await picturesBy().show(path, area)).toMatchObject({ columns: 40 });
  });

  it('is measured where none are shown', async () => {
    const picture = await picturesBy({ protocol: 'none' }).show(await png(), area);
    expect(picture).toEqual({ natural: { width: 80, height: 40 }, columns: 0, rows: [] });
  });

  it.each(['kitty', 'iterm2', 'sixel'] as const)('has as many cells as it has room for by %s', async (protocol) => {
    const png = await noise(300, 100).png().toBuffer();
    const picture = await picturesBy({ protocol, cell: { width: 9, height: 18 } }).show(file('noise.png', png), area);
    expect(picture).toMatchObject({ natural: { width: 300, height: 100 }, columns: 34 });
    expect(picture.rows).toHaveLength(6);
    expect(new Set(picture.rows).size).toBe(6);
    expect((picture.transmit ?? picture.draw?.(0, 6))?.length).toBeGreaterThan(1000);
  });

  it('is the same one when asked for again, and another one in another size', async () => {
    const pictures = picturesBy();
    const path = await png();
    const [first, second] = await Promise.all([pictures.show(path, area), pictures.show(path, area)]);
    expect(second).toBe(first);
    expect(await pictures.show(path, { columns: 20, rows: 12 })).toMatchObject({ columns: 20 });
  });

  it('is forgotten when others are asked for, unless it is asked for as well; and at the end', async () => {
    const pictures = picturesBy({ protocol: 'kitty', keep: 2, ...answering() });
    const { overlay } = pictures;
    const path = await png();
    const show = (columns: number) => pictures.show(path, { columns, rows: 1 });
    const [first, second] = [await show(1), await show(2)];
    const rows = [first, second].flatMap((picture) => picture.rows);
    expect(overlay.besides(rows).before).toBe(`${first.transmit}${second.transmit}`);
    expect(await show(1)).toBe(first);
    await show(3);
    expect(overlay.besides(first.rows)).toEqual({ before: second.erase, after: '' });
    await pictures.close();
    expect(overlay.besides([])).toEqual({ before: first.erase, after: '' });
  });
});

describe('a file that is no picture to show', () => {
  const refused = (reason: string) => ({ code: 'ERR_PICTURE_NOT_SHOWN', message: expect.stringContaining(reason) });

  it.each([
    ['text', 'hello'],
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'],
    ['nothing', ''],
  ])('is %s', async (_, content) => {
    await expect(picturesBy().show(file('a.png', content), area)).rejects.toMatchObject(refused('it is no JPEG'));
  });

  it('begins as a picture and goes on as a script', async () => {
    const path = file('a.gif', 'GIF89a/*\0\0\0*/=1;alert(1)');
    await expect(picturesBy().show(path, area)).rejects.toMatchObject(refused('it is damaged'));
  });

  it.each(['png', 'jpeg', 'webp', 'gif'] as const)('is %s that was cut off', async (format) => {
    const whole = await noise(64, 64).toFormat(format).toBuffer();
    const path = file('cut', whole.subarray(0, whole.length / 2));
    await expect(picturesBy().show(path, area)).rejects.toMatchObject(refused('it is damaged'));
  });

  it('has 400 million pixels in 50 kB', async () => {
    const bomb = file('bomb.png', monochromePng(20_000, 20_000));
    await expect(picturesBy().show(bomb, area)).rejects.toMatchObject(refused('it has more than 100 million pixels'));
  });

  it('is too long', async () => {
    const path = await png();
    truncateSync(path, 50_000_001);
    await expect(picturesBy().show(path, area)).rejects.toMatchObject(refused('it has more than 50 MB'));
  });

  it('is a folder, or not there', async () => {
    await expect(picturesBy().show(folder, area)).rejects.toMatchObject(refused('it is no file'));
    await expect(picturesBy().show(join(folder, 'none'), area)).rejects.toMatchObject({ code: 'ERR_STORE_NOT_FOUND' });
  });

  onPosix('is a pipe that nobody writes to', async () => {
    const path = join(folder, 'pipe');
    expect(spawnSync('mkfifo', [path]).status).toBe(0);
    await expect(picturesBy().show(path, area)).rejects.toMatchObject(refused('it is no file'));
  });

  it('has a name that would move the cursor', async () => {
    const shown = picturesBy().show(file('a\x1b[2J.png', 'x'), area);
    await expect(shown).rejects.toMatchObject(refused('"a\\u{1b}[2J.png" cannot be shown'));
  });
});

describe('the process that decodes', () => {
  const brokeOff = { code: 'ERR_PICTURE_NOT_SHOWN', message: '"a.png" cannot be shown: its decoder broke off' };

  it.each([
    ['crashes', 'process.abort()'],
    ['ends without a word', ''],
    ['says nonsense', 'process.stdout.write("nonsense".repeat(100))'],
    ['says more than it may', 'const some = Buffer.alloc(1e6); for (;;) require("fs").writeSync(1, some)'],
    ['gives more pixels than there is room for', answer({ width: 41, height: 1 })],
    ['gives fewer pixels than it says', `${answer({ width: 1, height: 1 })}.subarray(0, 18)`],
    ['gives a picture without pixels', answer({ width: 0, height: 0 })],
    ['gives an original without pixels', answer({ width: 1, height: 1 }, 0)],
  ])('%s', async (_, source) => {
    const pictures = picturesBy(decoder(source.startsWith('Buffer') ? `process.stdout.write(${source})` : source));
    await expect(pictures.show(await png(), area)).rejects.toMatchObject(brokeOff);
  });

  onPosix('is stopped: it is ended, and the next picture has its turn', async () => {
    const pictures = picturesBy({ ...decoder('process.kill(process.pid, "SIGSTOP")'), deadlineMs: 500 });
    const path = await png();
    const message = '"a.png" cannot be shown: it takes too long';
    const both = [area, { columns: 20, rows: 5 }].map((room) =>
      expect(pictures.show(path, room)).rejects.toMatchObject({ message }),
    );
    await Promise.all(both);
    expect(running('decoder.cjs')).toEqual([]);
  });

  onPosix('has left another one behind that holds its output', async () => {
    const child =
      'require("child_process").spawn(process.execPath, ["-e", "setTimeout(() => {}, 3000)"], { stdio: "inherit" }).unref()';
    const pictures = picturesBy({ ...decoder(child), deadlineMs: 500 });
    await expect(pictures.show(await png(), area)).rejects.toMatchObject({ code: 'ERR_PICTURE_NOT_SHOWN' });
  });

  onPosix('takes as much memory as it may', async () => {
    const take = 'globalThis.all = Buffer.alloc(4e8, 1)';
    const pictures = picturesBy(decoder(`${take}; process.stdout.write(${answer({ width: 1, height: 1 })})`));
    expect(await pictures.show(await png(), area)).toMatchObject({ columns: 1 });
  });

  onPosix('takes more memory than it may', async () => {
    const pictures = picturesBy(decoder('globalThis.all = Buffer.alloc(2e9, 1); setInterval(() => {}, 1000)'));
    await expect(pictures.show(await png(), area)).rejects.toMatchObject(brokeOff);
  });

  it('knows nothing of the environment', async () => {
    process.env.QTCHAT_TEST_SECRET = 'secret';
    const source = `process.stdout.write(process.env.QTCHAT_TEST_SECRET || process.env.HOME ? "" : ${answer({ width: 1, height: 1 })})`;
    const shown = await picturesBy(decoder(source)).show(await png(), area);
    delete process.env.QTCHAT_TEST_SECRET;
    expect(shown.columns).toBe(1);
  });

  onPosix('writes no file', async () => {
    const write = `try { require("fs").writeFileSync(${JSON.stringify(join(folder, 'left'))}, "x") } catch {}`;
    await picturesBy(decoder(`${write}; process.stdout.write(${answer({ width: 1, height: 1 })})`)).show(
      await png(),
      area,
    );
    expect(readFileSync(join(folder, 'left'), { encoding: 'utf8', flag: 'a+' })).toBe('');
  });

  it('has no decoder: this is said of every picture, and not tried again', async () => {
    const pictures = picturesBy(decoder('process.exit(3)'));
    const path = await png();
    const first = await pictures.show(path, area).catch((error: unknown) => error);
    expect(first).toMatchObject({ code: 'ERR_PICTURE_NO_DECODER' });
    await expect(pictures.show(path, { columns: 20, rows: 5 })).rejects.toBe(first);
  });

  it('ends with the conversation', async () => {
    const pictures = picturesBy(decoder('setInterval(() => {}, 1000)'));
    const shown = expect(pictures.show(await png(), area)).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
    await pictures.close();
    await shown;
    expect(running('decoder.cjs')).toEqual([]);
    await expect(pictures.show(await png(), area)).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
  });
});

/** An expression for what a decoder answers, as a buffer. */
function answer({ width, height }: { width: number; height: number }, natural = 9): string {
  const head = Buffer.alloc(16);
  for (const [index, size] of [natural, natural, width, height].entries()) head.writeUInt32BE(size, index * 4);
  return `Buffer.from("${Buffer.concat([head, Buffer.alloc(width * height * 3)]).toString('hex')}", "hex")`;
}

/** A decoder that answers at once. */
function answering(): { program: string } {
  return decoder(`process.stdout.write(${answer({ width: 1, height: 1 })})`);
}

/** Command lines of the processes that this one has started, with `text` in them. */
function running(text: string): string[] {
  const { stdout } = spawnSync('ps', ['-o', 'args=', '--ppid', String(process.pid)], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line.includes(text));
}

/** A black picture of one bit a pixel. */
function monochromePng(width: number, height: number): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([1, 0, 0, 0, 0], 8);
  const chunk = (type: string, content: Buffer): Buffer => {
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
    const named = Buffer.concat([Buffer.from(type), content]);
    length.writeUInt32BE(content.length);
    check.writeUInt32BE(crc32(named));
    return Buffer.concat([length, named, check]);
  };
  const body = deflateSync(Buffer.alloc((Math.ceil(width / 8) + 1) * height));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', body),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
