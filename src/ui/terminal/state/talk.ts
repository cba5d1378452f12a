/** One conversation as the screen shows it: who it is with, what was said, and where the user looks. */
import type { PeerDescription } from '../../../conversation/events.js';
import type { ScrollPlace } from '../layout/scroll.js';
import { ItemList } from './item-list.js';
import type { MessageItem } from './items.js';

type Progress = 'queued' | 'sent' | 'delivered' | 'read';
const order: readonly MessageItem['state'][] = ['queued', 'sent', 'delivered', 'read'];
/** What is heard of messages that are not shown, most of which never will be. */
const mostEarly = 1_000;

/** One conversation. It changes; whoever changes it has the screen drawn. */
export class Talk {
  readonly member: string;
  readonly items = new ItemList();
  /** Undefined while the member is away. */
  peer: PeerDescription | undefined;
  /** What was met when dialling, or why the member left. */
  absence: string | undefined;
  /** Messages that came while the user was elsewhere. */
  unread = 0;
  /** The message above which the line "new" stands. */
  firstUnreadId: string | undefined;
  /** Until when the member counts as writing, in milliseconds. */
  typingUntilMs = 0;
  /** Undefined where the newest rows are shown. */
  scroll: ScrollPlace | undefined;
  /** Whether what was said before this program began has been read. */
  isHistoryRead = false;
  /** Whether there is nothing older on disk. */
  isComplete = false;
  /** Whether older messages are being read. */
  isReading = false;
  /** The message up to which the member was told that everything was seen. */
  lastSeenId: string | undefined;
  /** How far messages of ours have come that are not shown yet: that may be known before they are. */
  readonly #early = new Map<string, MessageItem['state']>();

  /** @param member - whom it is with */
  constructor(member: string) {
    this.member = member;
  }

  /** Notes how far a message of ours has come. */
  noteState(id: string, state: Progress): void {
    const isHere = this.items.changeMessage(id, 'out', (item) => ({ state: further(item.state, state) }));
    if (isHere) return;
    this.#early.set(id, further(this.#early.get(id) ?? 'queued', state));
    if (this.#early.size > mostEarly) this.#early.delete(this.#early.keys().next().value ?? '');
  }

  /** How far a message of ours has come that is shown from now on. */
  takeState(id: string): MessageItem['state'] {
    const state = this.#early.get(id) ?? 'queued';
    this.#early.delete(id);
    return state;
  }
}

/** What is known of a message never goes back. */
function further(known: MessageItem['state'], heard: Progress): MessageItem['state'] {
  return order.indexOf(heard) > order.indexOf(known) && known !== 'withdrawn' ? heard : known;
}
