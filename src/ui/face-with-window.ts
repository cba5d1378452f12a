/** A face with the window beside it, on one conversation: both show everything, and either may answer a question. */
import type { Conversation } from '../conversation/conversation.js';
import type { ConversationEvent } from '../conversation/events.js';
import type { Face } from './face.js';

/** The window, as far as a face beside it needs it. */
export type WindowBeside = Face & { attach(conversation: Conversation): void };

/** Both of them; the face decides when it is over. */
export class FaceWithWindow implements Face {
  readonly #face: Face;
  readonly #window: WindowBeside;

  constructor(face: Face, window: WindowBeside) {
    this.#face = face;
    this.#window = window;
  }

  onEvent(event: ConversationEvent): void {
    this.#face.onEvent(event);
    this.#window.onEvent(event);
  }

  tell(line: string): void {
    this.#face.tell(line);
    this.#window.tell(line);
  }

  async confirm(question: string, signal: AbortSignal): Promise<boolean> {
    const answered = new AbortController();
    const standing = AbortSignal.any([signal, answered.signal]);
    try {
      return await Promise.race([this.#face, this.#window].map((one) => one.confirm(question, standing)));
    } finally {
      answered.abort();
    }
  }

  async run(conversation: Conversation): Promise<void> {
    this.#window.attach(conversation);
    await this.#face.run(conversation);
  }

  async close(): Promise<void> {
    await this.#face.close();
    await this.#window.close();
  }
}
