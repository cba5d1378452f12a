/**
 * A face with the window beside it, on one conversation: both show everything, and either may answer a question. The window may also
 * come later.
 */
import type { Conversation } from '../conversation/conversation.js';
import type { ConversationEvent } from '../conversation/events.js';
import { FileBook } from './commands/file-book.js';
import type { Face } from './face.js';
import type { WebChat } from './web-bridge/web-chat.js';

/** Starts a window that knows those files. */
export type StartWindow = (files: FileBook) => Promise<WebChat>;

/** Both of them; the face decides when it is over. */
export class FaceWithWindow implements Face {
  readonly #face: Face;
  readonly #start: StartWindow;
  /** What a window that comes later is told of. */
  readonly #files = new FileBook();
  #window: WebChat | undefined;
  #starting: Promise<WebChat> | undefined;
  #conversation: Conversation | undefined;

  /**
   * @param open - makes the face, which may have the window opened
   * @param window - undefined where it may come later
   */
  constructor(open: (openWindow: () => Promise<string>) => Face, start: StartWindow, window?: WebChat) {
    this.#start = start;
    this.#window = window;
    this.#face = open(() => this.#openWindow());
  }

  onEvent(event: ConversationEvent): void {
    this.#files.noteAny(event);
    this.#face.onEvent(event);
    this.#window?.onEvent(event);
  }

  tell(line: string): void {
    this.#face.tell(line);
    this.#window?.tell(line);
  }

  async confirm(question: string, signal: AbortSignal): Promise<boolean> {
    const answered = new AbortController();
    const standing = AbortSignal.any([signal, answered.signal]);
    const faces = [this.#face, ...(this.#window === undefined ? [] : [this.#window])];
    try {
      return await Promise.race(faces.map((one) => one.confirm(question, standing)));
    } finally {
      answered.abort();
    }
  }

  async run(conversation: Conversation): Promise<void> {
    this.#conversation = conversation;
    this.#window?.attach(conversation);
    await this.#face.run(conversation);
  }

  async close(): Promise<void> {
    await this.#face.close();
    await (await this.#starting?.catch(() => undefined))?.close();
    await this.#window?.close();
  }

  async #openWindow(): Promise<string> {
    if (this.#window === undefined) {
      this.#starting ??= this.#start(this.#files);
      try {
        this.#window = await this.#starting;
      } catch (error) {
        this.#starting = undefined;
        throw error;
      }
      if (this.#conversation !== undefined) this.#window.attach(this.#conversation);
    }
    return (await this.#window.open()).line;
  }
}
