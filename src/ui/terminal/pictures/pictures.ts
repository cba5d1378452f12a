/**
 * The pictures of a conversation, ready for the screen: one is decoded at a time, and a number of them is kept. Which
 * files are shown, and where, the screen decides.
 */
import { randomInt } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { QTChatError, quote } from '../../../errors.js';
import { packageRoot } from '../../../package-root.js';
import { explained } from '../../../store/file-error.js';
import { sniff, sniffedOctets } from '../../media-kind.js';
import { type DecodeFault, decodePicture } from './decode.js';
import { type Decoded, fileLimitBytes, inputPixels } from './decode-wire.js';
import type { PictureMeans } from './detect.js';
import { boxOf } from './fit.js';
import { halfBlockRows } from './half-blocks.js';
import { iterm2Painter } from './iterm2.js';
import { kittyParts } from './kitty.js';
import { PictureOverlay } from './overlay.js';
import { type CellArea, maximumRows, type Painter, type Picture, type Size, usualCell } from './picture.js';
import { sixelPainter } from './sixel.js';

/** How pictures are made. */
export interface PicturesOptions extends PictureMeans {
  /** Path of decoder-child.ts as it was built. */
  readonly program?: string;
  readonly deadlineMs?: number;
  /** How many are kept. */
  readonly keep?: number;
}

const decodeDeadlineMs = 30_000;
/** Pictures that are kept: more than a screen shows; what scrolls back in is decoded again. */
const keptPictures = 64;

/** Makes pictures of files, and keeps them. */
export class Pictures {
  /** Knows the pictures that are kept. */
  readonly overlay = new PictureOverlay();
  readonly #options: PicturesOptions;
  readonly #closing = new AbortController();
  readonly #kept = new Map<string, Promise<Picture>>();
  #previous: Promise<unknown> = Promise.resolve();
  #noDecoder: QTChatError | undefined;
  // The terminal may know pictures of other programs. No number is so low that text in one of 256 colours could name it.
  #lastId = randomInt(0x100000, 0xf00000);

  constructor(options: PicturesOptions) {
    this.#options = options;
  }

  /**
   * Makes the picture of a file in at most so many cells; asked again for the same, it is the same object. A file is
   * read once: what it becomes later is not seen.
   *
   * @throws {QTChatError} `ERR_PICTURE_NOT_SHOWN` with the reason, `ERR_PICTURE_NO_DECODER`, what reading a file
   *   throws, and `ERR_CANCELLED` where this is closed
   */
  async show(path: string, area: CellArea): Promise<Picture> {
    this.#closing.signal.throwIfAborted();
    const { columns, rows } = area;
    const key = `${columns}×${rows} ${path}`;
    const kept = this.#kept.get(key) ?? this.#begin(path, { columns, rows: Math.min(rows, maximumRows) });
    // The last of the map is the one asked for most recently.
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    this.#forgetOldest();
    return await kept;
  }

  /** Ends what is under way, and forgets all pictures. */
  async close(): Promise<void> {
    this.#closing.abort(new QTChatError('ERR_CANCELLED', 'pictures are not shown any more'));
    await this.#previous;
    for (const key of this.#kept.keys()) await this.#forget(key);
  }

  #begin(path: string, area: CellArea): Promise<Picture> {
    return this.#inTurn(async () => {
      const made = await this.#make(path, area);
      this.overlay.add(made);
      return made;
    });
  }

  async #inTurn<Result>(action: () => Promise<Result>): Promise<Result> {
    const turn = this.#previous.then(action);
    this.#previous = turn.catch(() => {});
    return await turn;
  }

  #forgetOldest(): void {
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined && this.#kept.size > (this.#options.keep ?? keptPictures)) void this.#forget(oldest);
  }

  async #forget(key: string): Promise<void> {
    const kept = this.#kept.get(key);
    this.#kept.delete(key);
    const picture = await kept?.catch(() => undefined);
    if (picture !== undefined) this.overlay.remove(picture);
  }

  async #make(path: string, area: CellArea): Promise<Picture> {
    if (this.#noDecoder !== undefined) throw this.#noDecoder;
    const { natural, raster } = await this.#decode(path, area);
    const { protocol, colors, cell = usualCell } = this.#options;
    if (protocol === 'none') return { natural, columns: 0, rows: [] };
    if (protocol === 'blocks') {
      return { natural, columns: raster.width, rows: halfBlockRows(raster, colors) };
    }
    const columns = Math.ceil(raster.width / cell.width);
    const cells = { columns, rows: Math.ceil(raster.height / cell.height) };
    this.#lastId += 1;
    const id = this.#lastId;
    if (protocol === 'kitty') return { natural, columns, ...(await kittyParts(raster, cells, id)) };
    const paint = protocol === 'sixel' ? sixelPainter(raster) : iterm2Painter(raster, columns);
    return { natural, columns, rows: markedRows(cells, id), draw: drawRows(raster, cell, paint) };
  }

  async #decode(path: string, area: CellArea): Promise<Decoded> {
    const { protocol, cell, background = '#000000', deadlineMs = decodeDeadlineMs } = this.#options;
    const { program = join(packageRoot(), 'dist/picture-decoder.js') } = this.#options;
    const box = boxOf(protocol, area, cell);
    const file = await openPicture(path);
    try {
      const decoded = await decodePicture(
        file,
        { box, background },
        { program, deadlineMs, signal: this.#closing.signal },
      );
      if (typeof decoded !== 'string') return decoded;
      if (decoded !== 'noDecoder') throw notShown(path, faultWords[decoded]);
      this.#noDecoder = new QTChatError('ERR_PICTURE_NO_DECODER', 'pictures cannot be shown: sharp is not installed', {
        hint: 'Install qtchat anew; all else works without',
      });
      throw this.#noDecoder;
    } finally {
      await file.close();
    }
  }
}

/** Opens a file that is a picture as far as its first octets tell; the handle stands at its beginning. */
async function openPicture(path: string): Promise<FileHandle> {
  let file: FileHandle | undefined;
  try {
    // Opening a pipe would wait for whoever writes to it.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await file.stat();
    if (!stats.isFile()) throw notShown(path, 'it is no file');
    if (stats.size > fileLimitBytes) throw notShown(path, `it has more than ${fileLimitBytes / 1_000_000} MB`);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(sniffedOctets), 0, sniffedOctets, 0);
    const kind = sniff(buffer.subarray(0, bytesRead))?.kind;
    if (kind !== 'picture') throw notShown(path, 'it is no JPEG, PNG, WebP or GIF');
    return file;
  } catch (error) {
    await file?.close();
    throw explained(error, path, 'read');
  }
}

const faultWords: Readonly<Record<Exclude<DecodeFault, 'noDecoder'>, string>> = {
  notDecodable: 'it is damaged',
  tooManyPixels: `it has more than ${inputPixels / 1_000_000} million pixels`,
  tooMuchMemory: 'it takes too much memory',
  tooSlow: 'it takes too long',
  brokeOff: 'its decoder broke off',
};

function notShown(path: string, reason: string): QTChatError {
  return new QTChatError('ERR_PICTURE_NOT_SHOWN', `${quote(basename(path))} cannot be shown: ${reason}`);
}

/**
 * Rows that leave room: spaces, each row in a colour of its own that nobody sees. Whoever writes only lines that
 * differ from those before thereby writes them when a picture moves, which clears what was drawn there.
 */
function markedRows({ columns, rows }: CellArea, id: number): string[] {
  return Array.from({ length: rows }, (_, row) => {
    const mark = (id * maximumRows + row) & 0xffffff;
    return `\x1b[38;2;${mark >> 16};${(mark >> 8) & 0xff};${mark & 0xff}m${' '.repeat(columns)}\x1b[39m`;
  });
}

/** Keeps the latest drawing: frame after frame it is the same, unless it scrolls. */
function drawRows(raster: Size, cell: Size, paint: Painter) {
  let latest: { key: string; text: string } | undefined;
  return (firstRow: number, rowCount: number): string => {
    const key = `${firstRow}+${rowCount}`;
    if (latest?.key !== key) {
      const top = firstRow * cell.height;
      const height = Math.min(rowCount * cell.height, raster.height - top);
      latest = { key, text: height > 0 ? paint(top, height, rowCount) : '' };
    }
    return latest.text;
  };
}
