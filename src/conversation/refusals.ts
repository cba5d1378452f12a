/** Tells of those who were not let in, and of what members wanted and may not, so that neither fills the screen. */
import { networkInterfaces } from 'node:os';
import type { ChatEvent } from '../chat/chat-session.js';
import { isQTChatError, type QTChatError } from '../errors.js';
import type { ConversationEvent } from './events.js';
import { RefusalLimit } from './refusal-limit.js';

/** The refusals of one conversation. */
export class Refusals {
  readonly #limit: RefusalLimit;
  readonly #onEvent: (event: ConversationEvent) => void;

  constructor(clock: () => Date, onEvent: (event: ConversationEvent) => void) {
    this.#limit = new RefusalLimit(clock);
    this.#onEvent = onEvent;
  }

  /** Tells why somebody was refused who is, or calls from, `host`. */
  tell(error: QTChatError, host: string | undefined): void {
    // Our own call to our own address; from elsewhere it is a copy of our key, which people should know of.
    if (isQTChatError(error, 'ERR_PEER_IS_OURSELVES') && isOwnHost(host)) return;
    const count = this.#limit.count(host, error.message);
    if (count !== undefined) this.#onEvent({ type: 'refused', host, error, count });
  }

  /** Tells what a member wanted to change and may not. */
  tellChange(member: string, event: Extract<ChatEvent, { type: 'changeRefused' }>): void {
    const count = this.#limit.count(member, `${event.kind} ${event.reason}`);
    if (count !== undefined) this.#onEvent({ member, ...event, count });
  }
}

function isOwnHost(host: string | undefined): boolean {
  return Object.values(networkInterfaces()).some((entries) => entries?.some(({ address }) => address === host));
}
