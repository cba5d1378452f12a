/**
 * One picture out of a film, by a program of the user's, where there is one. What it reads came from a peer: so it is
 * given one file and no network, told what that file is, and ended when it takes too long or says too much.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { isAbsolute } from 'node:path';
import { storedKind } from '../stored-kind.js';
import { type Environment, findAny } from './desktop.js';

const deadlineMs = 5_000;
const maximumStillBytes = 8 * 1024 * 1024;
const maximumAllocationBytes = 256 * 1024 * 1024;
const sidePixels = 1024;
const pngSignature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

// By its own guess ffmpeg would take some files for lists of other files, and read those.
const demuxers: Readonly<Record<string, string>> = {
  'video/mp4': 'mov',
  'video/3gpp': 'mov',
  'video/quicktime': 'mov',
  'video/webm': 'matroska',
  'video/x-matroska': 'matroska',
  'video/ogg': 'ogg',
  'video/x-msvideo': 'avi',
};

/**
 * A picture of a film, as PNG of 1,024 pixels a side at most and 8 MiB; from its second second where it lasts so long.
 *
 * @param path - of a file that is all there; absolute
 * @param closing - ends it
 * @returns undefined where there is no film, no program for it, or nothing came within 5 s
 */
export async function stillOf(path: string, env: Environment, closing?: AbortSignal): Promise<Buffer | undefined> {
  const kind = isAbsolute(path) ? await storedKind(path).catch(() => undefined) : undefined;
  const demuxer = kind && demuxers[kind.type];
  if (demuxer === undefined) return undefined;
  const deadline = AbortSignal.timeout(deadlineMs);
  const signal = closing === undefined ? deadline : AbortSignal.any([deadline, closing]);
  const ffmpeg = await findAny(['ffmpeg'], env);
  if (ffmpeg !== undefined) {
    const fromSecond = await picture(ffmpeg, ffmpegWords(path, demuxer, 1), env, signal);
    return fromSecond ?? (await picture(ffmpeg, ffmpegWords(path, demuxer, 0), env, signal));
  }
  const thumbnailer = await findAny(['ffmpegthumbnailer'], env);
  const words = ['-i', path, '-o', '-', '-c', 'png', '-s', String(sidePixels)];
  return thumbnailer === undefined ? undefined : picture(thumbnailer, words, env, signal);
}

function ffmpegWords(path: string, demuxer: string, atSecond: number): string[] {
  const limits = ['-nostdin', '-loglevel', 'quiet', '-max_alloc', String(maximumAllocationBytes), '-threads', '1'];
  const input = ['-protocol_whitelist', 'file,pipe', '-f', demuxer, '-ss', String(atSecond), '-i', `file:${path}`];
  const scale = `scale=w='min(${sidePixels},iw)':h='min(${sidePixels},ih)':force_original_aspect_ratio=decrease`;
  const output = ['-map', '0:v:0', '-frames:v', '1', '-vf', scale, '-c:v', 'png', '-f', 'image2pipe', 'pipe:1'];
  return [...limits, ...input, ...output];
}

/** What a program writes, where that is a PNG, and all of it. */
async function picture(
  program: string,
  words: readonly string[],
  { PATH = '' }: Environment,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  const child = spawn(program, words, {
    stdio: ['ignore', 'pipe', 'ignore'],
    // Whatever else our own environment says is not its business.
    env: { PATH },
    signal,
    killSignal: 'SIGKILL',
    windowsHide: true,
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  ended.catch(() => {});
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const piece of child.stdout as AsyncIterable<Buffer>) {
      sizeBytes += piece.length;
      if (sizeBytes > maximumStillBytes) return undefined;
      pieces.push(piece);
    }
    const [exitCode] = await ended;
    if (exitCode !== 0) return undefined;
  } catch {
    return undefined;
  } finally {
    child.kill('SIGKILL');
  }
  const content = Buffer.concat(pieces);
  return content.subarray(0, pngSignature.length).equals(pngSignature) ? content : undefined;
}
