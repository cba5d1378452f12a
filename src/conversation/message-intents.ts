/**
 * What faces do with messages beyond sending them: answer, change, delete, react, and say what was seen. Everything is
 * judged and stored here first, and reaches the peer by the outbox; what it may not do is refused at once.
 */
import { randomUUID } from 'node:crypto';
import { checkReaction, checkText } from '../chat/check-content.js';
import { QTChatError, quote } from '../errors.js';
import { entriesBefore, type HistoryEntry, type HistoryPlace, lastEntries, searchHistory } from '../store/history.js';
import type { ChangeFault } from '../store/message-changes.js';
import type { Content, Draft, Numbered } from '../store/message-record.js';
import { Batches } from './batches.js';
import type { ConversationEvent } from './events.js';
import type { PeerLink } from './peer-link.js';

/** What intents need of the conversation. */
export interface MessageIntentsOptions {
  readonly clock: () => Date;
  readonly linkOf: (member: string) => PeerLink;
  readonly historyOf: (member: string) => HistoryPlace;
  /** Rejects where the member is blocked. */
  readonly checkMember: (member: string) => Promise<void>;
  readonly onEvent: (event: ConversationEvent) => void;
}

/** A peer need not hear of every key that is pressed. */
const typingIntervalMs = 3_000;

/** What can be done with the messages of a conversation. */
export class MessageIntents {
  readonly #options: MessageIntentsOptions;
  readonly #typedAt = new Map<string, number>();
  /** What is on its way into each outbox. */
  readonly #outboxes = new Map<string, Batches<Draft, Numbered | ChangeFault>>();

  constructor(options: MessageIntentsOptions) {
    this.#options = options;
  }

  /**
   * Puts a text into the outbox of a member; it goes out as soon as the member is here.
   *
   * @param replyTo - the id of the message that it answers
   * @returns its id, which the events `sent`, `delivered` and `read` carry
   * @throws {QTChatError} `ERR_USAGE` when the text is empty or too long, `ERR_PEER_BLOCKED`, `ERR_MESSAGE_NOT_FOUND`
   */
  async send(member: string, text: string, replyTo?: string): Promise<string> {
    checkText(text);
    return this.#put(member, { kind: 'text', text, ...(replyTo !== undefined && { replyTo }) });
  }

  /**
   * Puts another text in place of that of a message of ours.
   *
   * @returns the id of the change, which the events `sent` and `delivered` carry
   * @throws {QTChatError} `ERR_USAGE`, `ERR_PEER_BLOCKED`, `ERR_MESSAGE_NOT_FOUND`, `ERR_MESSAGE_NOT_YOURS`
   */
  async edit(member: string, target: string, text: string): Promise<string> {
    checkText(text);
    return this.#put(member, { kind: 'edit', target, text });
  }

  /** Deletes a message of ours on both sides; otherwise as {@link edit}. */
  async delete(member: string, target: string): Promise<string> {
    return this.#put(member, { kind: 'delete', target });
  }

  /** Says what we think of a message of either side; an empty `emoji` takes it back. Otherwise as {@link edit}. */
  async react(member: string, target: string, emoji: string): Promise<string> {
    checkReaction(emoji);
    return this.#put(member, { kind: 'reaction', target, emoji });
  }

  /** Notes that the user has seen a message of the member, and all before it, and tells the member. */
  async markSeen(member: string, id: string): Promise<void> {
    const link = this.#options.linkOf(member);
    const mark = await link.store.markSeen(id);
    if (mark === undefined) return;
    for (const session of link.sessions) session.tellSeen(mark);
    this.#options.onEvent({ type: 'seen', member, id });
  }

  /** Tells the member that the user is writing: once in three seconds at most, and only where it is here. */
  async tellTyping(member: string): Promise<void> {
    await this.#options.checkMember(member);
    const now = this.#options.clock().getTime();
    const since = now - (this.#typedAt.get(member) ?? Number.NEGATIVE_INFINITY);
    if (since >= 0 && since < typingIntervalMs) return;
    this.#typedAt.set(member, now);
    for (const session of this.#options.linkOf(member).takers('text')) session.tellTyping();
  }

  /** How many texts of a member the user has not seen. */
  countUnread(member: string): Promise<number> {
    return this.#options.linkOf(member).store.countUnread();
  }

  /** The last messages with a member. */
  async recent(member: string, limit: number): Promise<HistoryEntry[]> {
    return lastEntries(this.#options.historyOf(member), limit);
  }

  /**
   * The messages with a member that were stored before one of them, at most `limit`; none where it is not here.
   *
   * @param of - both sides choose ids: without the direction, the older one is meant of two with the same id
   */
  async before(member: string, of: Pick<HistoryEntry, 'id'> & Partial<Pick<HistoryEntry, 'direction'>>, limit: number) {
    return entriesBefore(this.#options.historyOf(member), of, limit);
  }

  /** The messages with a member whose text holds `wanted`, in whatever case, in the order in which they were stored. */
  search(member: string, wanted: string): AsyncGenerator<HistoryEntry> {
    return searchHistory(this.#options.historyOf(member), wanted);
  }

  /**
   * The message that the user means.
   *
   * @param start - how its id begins; undefined for the last one
   * @param of - whose it must be where it is the last one: `out` for ours, `in` for the member's
   * @throws {QTChatError} `ERR_MESSAGE_NOT_FOUND` when there is none, or more than one
   */
  async find(member: string, start: string | undefined, of: 'in' | 'out'): Promise<string> {
    const { store } = this.#options.linkOf(member);
    if (start === undefined) {
      const [last] = await store.findByStart('', of);
      if (last !== undefined) return last.id;
      const whose = of === 'out' ? 'yours' : quote(member);
      throw new QTChatError('ERR_MESSAGE_NOT_FOUND', `there is no message of ${whose} that could be meant`);
    }
    const [found, another] = await store.findByStart(start);
    if (found === undefined) throw faultError('unknown', start);
    // Both sides choose ids, and one may choose the other's; what is meant then, the change itself tells.
    if (another === undefined || another.id === found.id) return found.id;
    throw new QTChatError('ERR_MESSAGE_NOT_FOUND', `more than one message has an id that begins with ${quote(start)}`, {
      hint: 'Give more of the id',
    });
  }

  async #put(member: string, content: Content): Promise<string> {
    const id = randomUUID();
    const result = await this.#outboxOf(member).add({ ...content, id, sentAt: this.#options.clock() });
    if (typeof result !== 'string') return id;
    throw faultError(result, content.kind === 'text' ? (content.replyTo ?? '') : content.target);
  }

  #outboxOf(member: string): Batches<Draft, Numbered | ChangeFault> {
    const known = this.#outboxes.get(member);
    if (known !== undefined) return known;
    const outbox = new Batches<Draft, Numbered | ChangeFault>(async (drafts) => {
      await this.#options.checkMember(member);
      const link = this.#options.linkOf(member);
      const results = await link.store.queue(drafts);
      for (const [index, draft] of drafts.entries()) {
        if (typeof results[index] !== 'string') this.#options.onEvent(outgoingEvent(member, draft));
      }
      for (const session of link.takers('text')) await session.flush();
      return results;
    });
    this.#outboxes.set(member, outbox);
    return outbox;
  }
}

function outgoingEvent(member: string, draft: Draft): ConversationEvent {
  const { id, sentAt } = draft;
  switch (draft.kind) {
    case 'text': {
      const { text, replyTo } = draft;
      return { type: 'outgoing', member, id, text, sentAt, ...(replyTo !== undefined && { replyTo }) };
    }
    case 'edit':
      return { type: 'outgoingChange', member, id: draft.target, kind: 'edit', text: draft.text };
    case 'delete':
      return { type: 'outgoingChange', member, id: draft.target, kind: 'delete' };
    case 'reaction':
      return { type: 'outgoingChange', member, id: draft.target, kind: 'reaction', emoji: draft.emoji };
  }
}

function faultError(fault: ChangeFault, target: string): QTChatError {
  const id = quote(target);
  switch (fault) {
    case 'unknown':
      return new QTChatError('ERR_MESSAGE_NOT_FOUND', `there is no message ${id} here`, {
        hint: 'qtchat history NAME shows the ids',
      });
    case 'deleted':
      return new QTChatError('ERR_MESSAGE_NOT_FOUND', `the message ${id} was deleted`);
    case 'not-author':
      return new QTChatError('ERR_MESSAGE_NOT_YOURS', `the message ${id} is not yours`, {
        hint: 'Only its author can change or delete a message',
      });
  }
}
