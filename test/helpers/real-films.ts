/** Films that play: some 12 MB and 90 seconds of a moving picture with a tone. Made once on a machine, by ffmpeg. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** MP4 with its index in front of everything or behind it, and WebM. */
export type FilmKind = 'front' | 'end' | 'webm';

const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=24,noise=alls=40:allf=t'];
const tone = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'];
const common = ['-t', '90', '-g', '48', '-b:v', '970k', '-minrate', '970k', '-maxrate', '970k', '-bufsize', '970k'];
const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-x264-params', 'nal-hrd=cbr'];
const mp4 = [...h264, '-c:a', 'aac', '-b:a', '96k'];
const vp8 = ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '16', '-c:a', 'libopus', '-b:a', '96k'];

const recipes: Readonly<Record<FilmKind, { readonly name: string; readonly how: readonly string[] }>> = {
  front: { name: 'front.mp4', how: [...mp4, '-movflags', '+faststart'] },
  end: { name: 'end.mp4', how: mp4 },
  webm: { name: 'film.webm', how: vp8 },
};

/** The path of a film; it is made where there is none yet. */
export function filmOf(kind: FilmKind): string {
  const { name, how } = recipes[kind];
  // Whoever changes a recipe changes this name.
  const folder = join(tmpdir(), 'qtchat-test-films-1');
  const path = join(folder, name);
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return path;
  mkdirSync(folder, { recursive: true });
  // Others may make it at the same time.
  const unfinished = join(folder, `${process.pid}-${name}`);
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...picture, ...tone, ...common, ...how, unfinished]);
  renameSync(unfinished, path);
  return path;
}
