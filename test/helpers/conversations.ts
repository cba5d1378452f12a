/** Conversations of one process on real sockets, whose events a test can wait for. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Conversation, openConversation } from '../../src/conversation/conversation.js';
import type { ConversationEvent } from '../../src/conversation/events.js';
import type { ConversationOptions } from '../../src/conversation/options.js';
import type { Identity } from '../../src/store/identities.js';

/** One event by its name. */
export type EventOf<Type extends ConversationEvent['type']> = Extract<ConversationEvent, { type: Type }>;

/** A conversation with all that it has reported. */
export class TestConversation {
  readonly events: ConversationEvent[] = [];
  readonly home: string;
  #conversation: Conversation | undefined;
  #wake: () => void = () => {};

  constructor(home: string) {
    this.home = home;
  }

  /** The conversation itself. */
  get door(): Conversation {
    if (this.#conversation === undefined) throw new Error('not open');
    return this.#conversation;
  }

  /** Where it listens, as WHO. */
  get who(): string {
    return `127.0.0.1:${this.door.listeningPort}`;
  }

  /** Opens it; what is not given is as in `chat` without a terminal. */
  async open(identity: Identity, options: Partial<ConversationOptions> = {}): Promise<this> {
    this.#conversation = await openConversation({
      home: { folder: this.home },
      identity,
      clock: () => new Date(),
      random: randomBytes,
      signal: new AbortController().signal,
      capabilities: ['text', 'files'],
      listen: { host: '127.0.0.1', ports: [0] },
      downloads: join(this.home, 'downloads'),
      decideOffer: () => 'accept',
      onEvent: (event) => this.note(event),
      ...options,
    });
    return this;
  }

  /** Keeps an event; for tests with an `onEvent` of their own. */
  note(event: ConversationEvent): void {
    this.events.push(event);
    this.#wake();
  }

  /** The first event of that type that matches, past or to come. */
  async event<Type extends ConversationEvent['type']>(
    type: Type,
    matches: (event: EventOf<Type>) => boolean = () => true,
  ): Promise<EventOf<Type>> {
    for (;;) {
      const found = this.events.find((event) => event.type === type && matches(event as EventOf<Type>));
      if (found !== undefined) return found as EventOf<Type>;
      await new Promise<void>((resolve) => {
        const before = this.#wake;
        this.#wake = () => {
          before();
          resolve();
        };
      });
    }
  }
}

/** Makes conversations in homes of their own and takes all away at the end. */
export class Meeting {
  readonly #all: TestConversation[] = [];
  #folder: string | undefined;

  /** A conversation that is not open yet; `name` names the home, the same home for the same name. */
  async at(name: string): Promise<TestConversation> {
    this.#folder ??= await mkdtemp(join(tmpdir(), 'qtchat-meeting-'));
    const conversation = new TestConversation(join(this.#folder, name));
    this.#all.push(conversation);
    return conversation;
  }

  /** Closes everything and deletes the homes. */
  async end(): Promise<void> {
    for (const conversation of this.#all.splice(0)) {
      try {
        await conversation.door.close();
      } catch {
        // It was never opened: the test says why.
      }
    }
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
  }
}
