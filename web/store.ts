/** What the window knows as signals, and what the user does with it. What it means is decided by the reducers in `state/`. */
import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { createAttention } from './attention.js';
import { type CallSound, createCallSound } from './calls/call-sound.js';
import { CommandError, Connection, type Link } from './connection.js';
import { createRoute, hrefOf } from './route.js';
import { type AppState, type Contact, conversationWith, initialState } from './state/app-state.js';
import type { Conversation } from './state/conversation.js';
import type { FileEntry, MessageEntry } from './state/entries.js';
import { type Deed, reduceDeed, reduceEvent } from './state/reduce.js';
import { createTheme, type Theme } from './theme.js';
import { Uploads } from './uploads/uploads.js';
import { VoicemailRecorder } from './voicemail/recorder.js';
import type { WireEvent } from './wire.js';

/** What is being written besides a plain message. */
export type Composing =
  | { readonly mode: 'reply'; readonly entry: MessageEntry }
  | { readonly mode: 'edit'; readonly entry: MessageEntry };

/** A question of the window's own, asked before something that cannot be undone. */
export interface Asked {
  readonly title: string;
  readonly text: string;
  readonly yes: string;
  readonly isDangerous: boolean;
  readonly onYes: () => void;
}

/** What stands beside the conversation. */
export type Panel = 'none' | 'who' | 'search';

/** A picture in full size. */
export interface Enlarged {
  readonly url: string;
  readonly name: string;
}

/** The one store of the page. */
export class Store {
  readonly state: Signal<AppState> = signal(initialState);
  readonly link: Signal<Link> = signal({ state: 'opening' });
  readonly theme: Signal<Theme> = createTheme();
  readonly attention: ReadonlySignal<boolean> = createAttention();
  readonly active: Signal<string | undefined> = createRoute();
  /** Whether the end of the conversation is in sight. */
  readonly isAtEnd = signal(true);
  readonly panel: Signal<Panel> = signal('none');
  readonly composing: Signal<Composing | undefined> = signal(undefined);
  readonly asked: Signal<Asked | undefined> = signal(undefined);
  readonly enlarged: Signal<Enlarged | undefined> = signal(undefined);
  /** The key of an entry that is to be shown. */
  readonly sought: Signal<string | undefined> = signal(undefined);
  /** What stands in the field of the conversation that is shown. */
  readonly text = signal('');
  /** What was typed and not sent, for each conversation. */
  readonly drafts = new Map<string, string>();
  readonly media = new Map<string, Signal<MediaAddress>>();
  readonly uploads = new Uploads(
    (deed) => this.do(deed),
    () => this.link.peek().state === 'open',
  );
  readonly voicemail = new VoicemailRecorder();
  /** What is being read of histories: older messages, by whose they are. */
  readonly olderLoads = new Map<string, Promise<boolean>>();
  /** When the other side was told last that somebody is writing. */
  toldTypingAtMs = 0;
  readonly connection: Connection;
  readonly sound: CallSound;
  readonly #listeners = new Set<(event: WireEvent, before: AppState) => void>();

  readonly self = computed(() => this.state.value.self);
  readonly contact: ReadonlySignal<Contact | undefined> = computed(() =>
    this.active.value === undefined ? undefined : this.state.value.contacts[this.active.value],
  );
  readonly conversation: ReadonlySignal<Conversation | undefined> = computed(() =>
    this.active.value === undefined ? undefined : conversationWith(this.state.value, this.active.value),
  );
  /** Those who wrote last first, then those who are here, then by name. */
  readonly contacts: ReadonlySignal<readonly Contact[]> = computed(() =>
    Object.values(this.state.value.contacts).sort(
      (one, other) =>
        other.lastAtMs - one.lastAtMs ||
        Number(other.isHere) - Number(one.isHere) ||
        (one.member < other.member ? -1 : 1),
    ),
  );
  readonly unread = computed(() => this.contacts.value.reduce((sum, { unread }) => sum + unread, 0));
  readonly call = computed(() => this.state.value.call);
  /** Whose conversation somebody looks at, to its end. */
  readonly watched: ReadonlySignal<string | undefined> = computed(() =>
    this.attention.value && this.isAtEnd.value ? this.active.value : undefined,
  );

  constructor(url: string) {
    this.connection = new Connection({
      url,
      onEvent: (event) => this.#take(event),
      onLink: (link) => {
        this.link.value = link;
        if (link.state === 'lost') this.sound.lost();
      },
    });
    this.sound = createCallSound(this.connection);
    this.onEvent((event) => this.sound.onEvent(event));
    let shown = this.active.peek();
    effect(() => {
      const member = this.active.value;
      if (member === shown) return;
      batch(() => {
        if (shown !== undefined && this.state.peek().conversations[shown]) this.do({ deed: 'left', member: shown });
        this.composing.value = undefined;
        this.text.value = this.drafts.get(member ?? '') ?? '';
        this.sought.value = undefined;
        this.isAtEnd.value = true;
        if (member === undefined) this.panel.value = 'none';
      });
      shown = member;
    });
  }

  /** Does what needs nobody else. */
  do(deed: Deed): void {
    this.state.value = reduceDeed(this.state.peek(), deed);
  }

  /** Calls `listener` after each event. */
  onEvent(listener: (event: WireEvent, before: AppState) => void): void {
    this.#listeners.add(listener);
  }

  /** Shows a conversation; undefined for the list alone. */
  show(member: string | undefined): void {
    if (member === undefined) history.replaceState(null, '', location.pathname);
    else location.hash = hrefOf(member);
    this.active.value = member;
  }

  /** Says what did not work. */
  fail(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    const hint = error instanceof CommandError ? error.hint : null;
    this.do({ deed: 'noticed', notice: { kind: 'error', text, hint } });
  }

  /** Says what was done. */
  tell(text: string): void {
    this.do({ deed: 'noticed', notice: { kind: 'info', text, hint: null } });
  }

  #take(event: WireEvent): void {
    const before = this.state.peek();
    batch(() => {
      const circumstances = { nowMs: Date.now(), watched: this.watched.peek() };
      this.state.value = reduceEvent(before, event, circumstances);
      if (event.event === 'hello') this.media.clear();
    });
    for (const listener of this.#listeners) listener(event, before);
  }
}

/** Where the content of a file is shown from. */
export type MediaAddress =
  | { readonly state: 'asked' }
  | { readonly state: 'none' }
  | { readonly state: 'there'; readonly url: string; readonly kind: 'picture' | 'audio' | 'video' };

/** What the media of a file are remembered by. */
export function mediaKey(member: string, { id, direction }: Pick<FileEntry, 'id' | 'direction'>): string {
  return `${direction} ${id} ${member}`;
}
