/**
 * Answers one request for a picture, sound or film over HTTP, also while it still arrives: the head of the answer at
 * once, the content as it comes. Whether somebody may ask is decided before.
 */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ReadableFile } from '../../store/arriving-file.js';
import { type MediaKind, sniff, sniffedOctets } from '../media-kind.js';
import { parseByteRange } from './byte-range.js';
import { isFragmentedMp4 } from './fragmented.js';

/** A file that was found to be a picture, sound or film. */
export interface Media {
  readonly file: ReadableFile;
  readonly kind: MediaKind;
  /** Whether a player that may jump would read all of it first. */
  readonly isFragmented: boolean;
}

// Whatever it turned out to be, it could do nothing: no scripts, no requests but for itself, an origin of its own.
const policy = "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'";
const headBytes = 64 * 1024;

/**
 * Finds out what a file is, when its beginning is there.
 *
 * @returns undefined where it is nothing that is shown
 * @throws as `ReadableFile.read`
 */
export async function mediaOf(file: ReadableFile, signal: AbortSignal): Promise<Media | undefined> {
  if (file.sizeBytes === 0) return undefined;
  const head = await file.read(0, Math.min(headBytes, file.sizeBytes), signal);
  const kind = sniff(head.subarray(0, sniffedOctets));
  return kind && { file, kind, isFragmented: isFragmentedMp4(head) };
}

/**
 * Answers a GET or HEAD. Where the file ends before it has arrived, so does the connection: nobody takes a part of it for
 * the whole.
 *
 * @param closing - ends it
 */
export async function serveMedia(
  request: IncomingMessage,
  response: ServerResponse,
  { file, kind, isFragmented }: Media,
  closing: AbortSignal,
): Promise<void> {
  const { sizeBytes } = file;
  const mayJump = !isFragmented || file.isComplete;
  // We name no versions, so none that is asked for by `If-Range` is ours.
  const isRangeMeant = mayJump && request.headers['if-range'] === undefined;
  const range = isRangeMeant ? parseByteRange(request.headers.range, sizeBytes) : undefined;
  response.setHeader('Content-Type', kind.type);
  response.setHeader('Accept-Ranges', mayJump ? 'bytes' : 'none');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Content-Security-Policy', policy);
  response.setHeader('Referrer-Policy', 'no-referrer');
  // Not same-site: to Chromium another port of 127.0.0.1 is another site. Others do not have the address, which is the secret.
  response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
  response.setHeader('Cache-Control', 'no-store');
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'Content-Range': `bytes */${sizeBytes}`, 'Content-Length': 0 }).end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: sizeBytes };
  response.setHeader('Content-Length', end - start);
  if (range !== undefined) response.setHeader('Content-Range', `bytes ${start}-${end - 1}/${sizeBytes}`);
  response.writeHead(range === undefined ? 200 : 206);
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  response.flushHeaders();
  await writeOctets(response, file, { start, end }, closing);
}

async function writeOctets(
  response: ServerResponse,
  file: ReadableFile,
  { start, end }: { start: number; end: number },
  closing: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  response.once('close', leave).on('error', leave);
  closing.addEventListener('abort', leave, { once: true });
  const { signal } = gone;
  if (response.destroyed || closing.aborted) leave();
  try {
    for (let position = start; position < end; ) {
      const octets = await file.read(position, end, signal);
      signal.throwIfAborted();
      position += octets.length;
      if (!response.write(octets)) await once(response, 'drain', { signal });
    }
    response.end();
  } catch {
    // The reader has left, or the file will not arrive: whoever sends it says why.
    response.destroy();
  } finally {
    response.off('close', leave);
    closing.removeEventListener('abort', leave);
  }
}
