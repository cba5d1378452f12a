/**
 * What a call and the tab that has its sound say to each other. The tab holds a WebRTC connection of the browser, and tells
 * what it measures; what that means is judged here, and what it says of a call goes through the filters of every call. So
 * it is only made sure that it is what it seems, and not too much.
 */
import * as v from 'valibot';

/** The longest SDP, in characters: a browser's have some 2,500. */
const longestSdp = 16_384;
const longestText = 512;
/** Some 30 are ever told; those of one kind double with every address. */
const mostStats = 256;
const mostFields = 64;

const number = v.pipe(v.number(), v.integer(), v.minValue(0));
const sdp = v.pipe(v.string(), v.maxLength(longestSdp));
const text = v.pipe(v.string(), v.maxLength(longestText));
const level = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const entry = v.pipe(
  v.objectWithRest({ id: text, type: text }, v.union([text, v.number(), v.boolean(), v.null()])),
  v.check((fields) => Object.keys(fields).length <= mostFields),
);
const states = ['new', 'connecting', 'connected', 'disconnected', 'failed', 'closed'] as const;

const reply = v.strictObject({
  command: v.literal('mediaReply'),
  media: number,
  seq: number,
  sdp: v.optional(sdp),
  /** Why it could not. */
  problem: v.optional(text),
});

const happening = v.variant('type', [
  v.strictObject({ type: v.literal('candidate'), candidate: text }),
  /** `atMs`: when it was measured, where it is one of those measurements that come once a second. */
  v.strictObject({
    type: v.literal('state'),
    state: v.picklist(states),
    stats: v.pipe(v.array(entry), v.maxLength(mostStats)),
    atMs: v.optional(v.pipe(v.number(), v.finite())),
  }),
  v.strictObject({ type: v.literal('level'), local: level, remote: level }),
  /** Null for none. */
  v.strictObject({ type: v.literal('devices'), input: v.nullable(text), output: v.nullable(text) }),
  v.strictObject({ type: v.literal('failed'), problem: text }),
]);

const event = v.strictObject({ command: v.literal('mediaEvent'), media: number, event: happening });

const command = v.variant('command', [reply, event]);

/** What a tab may be asked to do with the sound of a call. */
export type TabTask =
  | { readonly type: 'open' }
  | { readonly type: 'offer'; readonly isRestart: boolean }
  | { readonly type: 'answer'; readonly sdp: string }
  | { readonly type: 'accept'; readonly sdp: string }
  | { readonly type: 'candidate'; readonly candidate: string }
  | { readonly type: 'mute'; readonly isMuted: boolean }
  | { readonly type: 'close' };

/** One task, as it is sent; answered by a `mediaReply` with the same numbers. */
export interface TabTaskEvent {
  readonly event: 'mediaTask';
  /** Which call's sound it is. */
  readonly media: number;
  readonly seq: number;
  readonly task: TabTask;
}

/** The answer to a task. */
export type TabReply = v.InferOutput<typeof reply>;
/** What a tab tells by itself. */
export type TabHappening = v.InferOutput<typeof happening>;
/** What a tab says about calls. */
export type TabMediaCommand = v.InferOutput<typeof command>;

/** What was said about calls; undefined for anything else. */
export function parseTabMedia(value: unknown): TabMediaCommand | undefined {
  const parsed = v.safeParse(command, value);
  return parsed.success ? parsed.output : undefined;
}

/** Whether something is said about the sound of calls, rightly or not: no command for the conversation. */
export function isTabMedia(value: unknown): boolean {
  const name = typeof value === 'object' && value !== null && 'command' in value ? value.command : undefined;
  return name === 'mediaReply' || name === 'mediaEvent';
}
