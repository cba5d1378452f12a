/** A picture of a film, by programs that may do anything. */

import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { stillOf } from '../../../../src/ui/desktop/video-still.js';
import { sniff } from '../../../../src/ui/media-kind.js';
import { makeFilm } from '../../../helpers/films.js';
import { describeWith } from '../../../helpers/require-program.js';

const png = Buffer.from('\x89PNG\r\n\x1a\n and so on', 'latin1');
let folder: string;
let film: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qtchat-still-'));
  film = join(folder, 'film.mp4');
  await writeFile(film, makeFilm(1000));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** Puts a program of that name, in JavaScript, where programs are looked for. */
async function install(name: string, program: string): Promise<void> {
  const head = `#!${process.execPath}\nconst fs = require('node:fs');\nconst folder = ${JSON.stringify(folder)};\n`;
  await writeFile(join(folder, name), `${head}${program}\n`);
  await chmod(join(folder, name), 0o755);
}

const still = (path = film, more: Record<string, string> = {}): Promise<Buffer | undefined> =>
  stillOf(path, { PATH: folder, ...more });

describe('a still of a film', () => {
  const writesPng = `process.stdout.write(Buffer.from('${png.toString('hex')}', 'hex'));`;

  it('is what ffmpeg writes, which reads that one file and is told what it is', async () => {
    await install(
      'ffmpeg',
      `fs.writeFileSync(folder + '/said', JSON.stringify([process.argv.slice(2), process.env]));${writesPng}`,
    );
    expect(await still(film, { SECRET: 'x', LD_PRELOAD: '' })).toEqual(png);
    const [words, env] = JSON.parse(await readFile(join(folder, 'said'), 'utf8')) as [string[], object];
    expect(words.join(' ')).toContain('-protocol_whitelist file,pipe -f mov');
    expect(words).toContain('-nostdin');
    expect(words[words.indexOf('-i') + 1]).toBe(`file:${film}`);
    expect(Object.keys(env)).toEqual(['PATH']);
  });

  it('is its first picture where it is shorter than a second', async () => {
    await install('ffmpeg', `if (process.argv[process.argv.indexOf('-ss') + 1] === '0') {${writesPng}}`);
    expect(await still()).toEqual(png);
  });

  it('is what ffmpegthumbnailer writes, where there is no ffmpeg', async () => {
    await install('ffmpegthumbnailer', writesPng);
    expect(await still()).toEqual(png);
  });

  it.each([
    ['fails', 'process.exit(1);'],
    ['fails when it has begun', `${writesPng}process.exitCode = 1;`],
    ['writes something else', `process.stdout.write('<svg onload="alert(1)">');`],
    ['writes without end', `${writesPng}const more = () => process.stdout.write(Buffer.alloc(65536), more); more();`],
  ])('is none where the program %s', async (_, program) => {
    await install('ffmpeg', program);
    expect(await still()).toBeUndefined();
  });

  it('is none where the program takes too long, which is then ended', async () => {
    await install('ffmpeg', `fs.writeFileSync(folder + '/pid', String(process.pid)); setInterval(() => {}, 1000);`);
    expect(await still()).toBeUndefined();
    const pid = Number(await readFile(join(folder, 'pid'), 'utf8'));
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it.each([
    ['no film', 'list.mp4', '#EXTM3U\nfile:///etc/passwd\n'],
    ['sound', 'song.mp3', 'ID3\x04\0\0\0\0\0\0'],
    ['nothing', 'film.mp4', ''],
  ])('is none of %s, and no program reads that', async (_, name, content) => {
    await install('ffmpeg', `fs.writeFileSync(folder + '/said', '');${writesPng}`);
    await writeFile(join(folder, name), content, 'latin1');
    expect(await still(join(folder, name))).toBeUndefined();
    await expect(readFile(join(folder, 'said'))).rejects.toThrow('ENOENT');
  });

  it('is none where there is no program, no file or no absolute path', async () => {
    expect(await still()).toBeUndefined();
    await install('ffmpeg', writesPng);
    expect(await still(join(folder, 'none.mp4'))).toBeUndefined();
    expect(await still('film.mp4')).toBeUndefined();
  });
});

describeWith('ffmpeg', 'a still by ffmpeg itself', () => {
  it('is a PNG, also of a film shorter than a second', async () => {
    const short = join(folder, 'short.mp4');
    const source = ['-f', 'lavfi', '-i', 'testsrc=size=2000x100:duration=0.5:rate=10'];
    spawnSync('ffmpeg', ['-nostdin', '-loglevel', 'error', ...source, '-c:v', 'mpeg4', short]);
    const picture = await stillOf(short, process.env);
    expect(sniff(picture ?? Buffer.alloc(0))?.type).toBe('image/png');
    expect(picture?.readUInt32BE(16)).toBe(1024);
  });
});
