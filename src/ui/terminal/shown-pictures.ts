/**
 * Pictures in the conversation: of files that have arrived, in either direction, and stills of films. They come when they are
 * ready; what cannot be shown stays a line.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isQTChatError } from '../../errors.js';
import type { BookedFile } from '../commands/file-book.js';
import { storedKind } from '../stored-kind.js';
import { describeError } from '../text/describe-error.js';
import { marginCells } from './layout/item-rows.js';
import { choosePictures, type Environment, learn, pictureQuery, type TerminalFacts } from './pictures/detect.js';
import type { Pictures } from './pictures/pictures.js';
import type { Size } from './screen/frame.js';
import type { Screen } from './screen/screen.js';
import { sidebarCells } from './screen/sidebar.js';
import type { ChatState } from './state/chat-state.js';

const mostRows = 12;
/** So many are shown; of older files the line stays. */
const mostPictures = 48;

/** What {@link ShownPictures} needs. */
export interface ShownPicturesOptions {
  readonly state: ChatState;
  readonly env: Environment;
  readonly screen: Screen;
  readonly size: () => Size;
  /** Writes a question to the terminal. */
  readonly write: (text: string) => void;
  readonly isWanted: () => boolean;
  /** Called when there is something to be drawn. */
  readonly onChange: () => void;
}

/** The pictures of one chat. */
export class ShownPictures {
  readonly #options: ShownPicturesOptions;
  readonly #closing = new AbortController();
  #facts: TerminalFacts = {};
  #pictures: Promise<Pictures> | undefined;
  /** Files of which there is one, the oldest first. */
  #shown: BookedFile[] = [];
  readonly #query: string;
  #room: Size;
  /** One after the other: each may take a program of its own and much memory. */
  #last: Promise<unknown> = Promise.resolve();
  #isToldOfDecoder = false;

  /** @throws {QTChatError} `ERR_USAGE` where QTCHAT_PICTURES is none of its values */
  constructor(options: ShownPicturesOptions) {
    this.#options = options;
    this.#query = pictureQuery(options.env);
    this.#room = this.#roomNow();
  }

  /** Asks the terminal what it can show; answers go to {@link learn}. */
  ask(): void {
    this.#options.write(this.#query);
  }

  /** Takes an answer of the terminal. */
  learn(reply: string): void {
    this.#facts = learn(this.#facts, reply);
  }

  /** Shows the picture in a file that has arrived, where there is one. */
  note(file: BookedFile | undefined): void {
    if (file?.state !== 'done' || file.isFolder || !this.#options.isWanted()) return;
    const { path } = file;
    if (path === undefined) return;
    this.#shown.push(file);
    if (this.#shown.length > mostPictures) this.#put(this.#shown.shift(), undefined);
    this.#show(file, path);
  }

  /** Makes all of them anew where there is another width for them; first the latest, which are most likely in sight. */
  fit(): void {
    const { columns, rows } = this.#roomNow();
    if (columns === this.#room.columns && rows === this.#room.rows) return;
    this.#room = { columns, rows };
    for (const file of this.#shown.toReversed()) this.#show(file, file.path ?? '');
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    await (await this.#pictures)?.close();
    await this.#last;
  }

  #show(file: BookedFile, path: string): void {
    const room = this.#room;
    // Its turn may come when there is another size, or so many have come behind it that its own is not shown any more.
    const isWanted = (): boolean => room === this.#room && this.#shown.includes(file) && !this.#closing.signal.aborted;
    const shown = this.#last.then(async () => {
      if (!isWanted()) return;
      const rows = await this.#rowsOf(path);
      if (isWanted()) this.#put(file, rows);
    });
    this.#last = shown.catch((error: unknown) => {
      if (this.#closing.signal.aborted || !isQTChatError(error) || error.code === 'ERR_CANCELLED') return;
      const isNoDecoder = error.code === 'ERR_PICTURE_NO_DECODER';
      if (isNoDecoder && this.#isToldOfDecoder) return;
      this.#isToldOfDecoder ||= isNoDecoder;
      this.#options.state.say(describeError(error), false, this.#options.state.talkWith(file.member));
      this.#options.onChange();
    });
  }

  async #rowsOf(path: string): Promise<readonly string[] | undefined> {
    const media = await storedKind(path, this.#closing.signal);
    if (media?.kind === 'picture') return this.#picture(path);
    return media?.kind === 'video' ? this.#still(path) : undefined;
  }

  async #picture(path: string): Promise<readonly string[]> {
    const { screen, env } = this.#options;
    // Loaded when there is one: most conversations begin without.
    this.#pictures ??= import('./pictures/pictures.js').then(
      (module) => new module.Pictures(choosePictures(env, this.#facts)),
    );
    const pictures = await this.#pictures;
    screen.overlay = pictures.overlay;
    return (await pictures.show(path, this.#room)).rows;
  }

  /** Beside the other conversations, and behind the margin. */
  #roomNow(): Size {
    const { size, state } = this.#options;
    const { columns, rows } = size();
    return {
      columns: columns - sidebarCells(state, columns) - marginCells,
      rows: Math.min(mostRows, Math.ceil(rows / 2)),
    };
  }

  async #still(path: string): Promise<readonly string[] | undefined> {
    const { stillOf } = await import('../desktop/video-still.js');
    const still = await stillOf(path, this.#options.env, this.#closing.signal);
    if (still === undefined) return undefined;
    const folder = await mkdtemp(join(tmpdir(), 'qtchat-still-'));
    try {
      const copy = join(folder, 'still.png');
      await writeFile(copy, still, { mode: 0o600 });
      return await this.#picture(copy);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  #put(file: BookedFile | undefined, rows: readonly string[] | undefined): void {
    if (file === undefined || this.#closing.signal.aborted) return;
    this.#options.state.talkWith(file.member).items.setPicture(file.number, rows);
    this.#options.onChange();
  }
}
