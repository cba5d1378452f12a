/** What the program and the page say to each other about the sound of a call. Types only; the program checks what it gets. */

/** What the page is asked to do. */
export type MediaTask =
  | { readonly type: 'open' }
  | { readonly type: 'offer'; readonly isRestart: boolean }
  | { readonly type: 'answer'; readonly sdp: string }
  | { readonly type: 'accept'; readonly sdp: string }
  | { readonly type: 'candidate'; readonly candidate: string }
  | { readonly type: 'mute'; readonly isMuted: boolean }
  | { readonly type: 'close' };

/** A task as it comes: `media` names the call's sound, `seq` the answer. */
export interface MediaTaskEvent {
  readonly event: 'mediaTask';
  readonly media: number;
  readonly seq: number;
  readonly task: MediaTask;
}

/** The answer to a task. */
export type MediaReply = {
  readonly command: 'mediaReply';
  readonly media: number;
  readonly seq: number;
  readonly sdp?: string;
  /** Why it could not be done, in one sentence without a full stop. */
  readonly problem?: string;
};

/** Some fields of an entry of a connection's statistics. */
export type StatsFields = { readonly id: string; readonly type: string } & Readonly<
  Record<string, string | number | boolean | null>
>;

/** What the page tells by itself. */
export type MediaHappening =
  | { readonly type: 'candidate'; readonly candidate: string }
  | {
      readonly type: 'state';
      readonly state: 'new' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';
      readonly stats: readonly StatsFields[];
      /** When it was measured, where it is one of those measurements that come once a second. */
      readonly atMs?: number;
    }
  | { readonly type: 'level'; readonly local: number; readonly remote: number }
  | { readonly type: 'devices'; readonly input: string | null; readonly output: string | null }
  | { readonly type: 'failed'; readonly problem: string };

/** What the page tells, as it is sent. */
export type MediaTold = {
  readonly command: 'mediaEvent';
  readonly media: number;
  readonly event: MediaHappening;
};
