/**
 * What passes between a call and its media process. The process is trusted, but not to be alive or well: it runs native
 * code that a peer feeds. So either side takes only what these schemas know.
 */
import * as v from 'valibot';
import { errorExitCodes } from '../../errors.js';
import { toneKinds } from '../sound/tones.js';

/** The longest SDP, in characters: ours have some 1,500. */
export const longestSdp = 16_384;
/** The longest candidate, in characters. */
const longestCandidate = 512;
const longestText = 4_096;

const sdp = v.pipe(v.string(), v.maxLength(longestSdp));
const candidate = v.pipe(v.string(), v.maxLength(longestCandidate));
const path = v.pipe(v.string(), v.maxLength(longestText));
const name = v.optional(path);
const level = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const measure = v.pipe(v.number(), v.finite(), v.minValue(0));

/** Where sound comes from and goes to: the sound card, nothing, or files. */
const sound = v.variant('kind', [
  v.strictObject({ kind: v.literal('card') }),
  v.strictObject({ kind: v.literal('silent') }),
  v.strictObject({ kind: v.literal('recorded'), microphone: name, speaker: name }),
]);

const task = v.variant('type', [
  /** First of all: what kind of sound this process has. */
  v.strictObject({ type: v.literal('sound'), sound }),
  /** A call: devices are opened, and a connection is prepared. */
  v.strictObject({ type: v.literal('call'), input: name, output: name, noiseSuppression: v.optional(v.boolean()) }),
  v.strictObject({ type: v.literal('offer'), isRestart: v.boolean() }),
  v.strictObject({ type: v.literal('answer'), sdp }),
  v.strictObject({ type: v.literal('accept'), sdp }),
  v.strictObject({ type: v.literal('candidate'), candidate }),
  v.strictObject({ type: v.literal('mute'), isMuted: v.boolean() }),
  v.strictObject({ type: v.literal('useDevices'), input: name, output: name }),
  /** Which devices there are. */
  v.strictObject({ type: v.literal('list') }),
  /** Which libraries are missing, and which cannot be loaded. */
  v.strictObject({ type: v.literal('libraries') }),
  /** The microphone back to the speaker, so much later. */
  v.strictObject({ type: v.literal('echo'), input: name, output: name, delayMs: measure }),
  /** Answered when it has sounded. */
  v.strictObject({ type: v.literal('tone'), tone: v.picklist(toneKinds), output: name }),
  /** The microphone into a file that is there and empty, until `stop`. */
  v.strictObject({ type: v.literal('record'), input: name, path }),
  /** Answered when what was recorded is on the disk, with how long it is. */
  v.strictObject({ type: v.literal('stop') }),
  /** Whether it is well. */
  v.strictObject({ type: v.literal('ping') }),
  /** Answered when the devices are free; then the process ends. */
  v.strictObject({ type: v.literal('close') }),
]);

const request = v.strictObject({ id: v.pipe(v.number(), v.integer(), v.minValue(0)), task });

const device = v.strictObject({ name: path, isInput: v.boolean(), isOutput: v.boolean() });
const plainError = v.strictObject({
  code: v.picklist(Object.keys(errorExitCodes) as [keyof typeof errorExitCodes]),
  message: v.pipe(v.string(), v.maxLength(longestText)),
  hint: v.optional(v.pipe(v.string(), v.maxLength(longestText))),
});

const event = v.variant('type', [
  v.strictObject({ type: v.literal('candidate'), candidate }),
  v.strictObject({
    type: v.literal('connected'),
    remoteFingerprint: v.pipe(v.string(), v.regex(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)),
  }),
  v.strictObject({ type: v.literal('interrupted') }),
  v.strictObject({ type: v.literal('resumed') }),
  v.strictObject({
    type: v.literal('stats'),
    lossPercent: measure,
    concealedPercent: measure,
    roundTripMs: measure,
    jitterMs: measure,
    kbps: measure,
  }),
  v.strictObject({ type: v.literal('level'), local: level, remote: level }),
  v.strictObject({ type: v.literal('devices'), input: name, output: name }),
  v.strictObject({ type: v.literal('failed'), error: plainError }),
]);

const report = v.variant('type', [
  v.strictObject({
    type: v.literal('done'),
    id: v.number(),
    sdp: v.optional(sdp),
    devices: v.optional(v.pipe(v.array(device), v.maxLength(1_000))),
    problems: v.optional(v.array(plainError)),
    durationMs: v.optional(measure),
  }),
  v.strictObject({ type: v.literal('refused'), id: v.number(), error: plainError }),
  v.strictObject({ type: v.literal('event'), event }),
]);

/** Where the sound of a media process comes from and goes to. */
export type SoundChoice = v.InferOutput<typeof sound>;
/** What the process is asked to do. */
export type MediaTask = v.InferOutput<typeof task>;
/** One task, and the number that its answer will bear. */
export type MediaRequest = v.InferOutput<typeof request>;
/** What it tells by itself. */
export type MediaProcessEvent = v.InferOutput<typeof event>;
/** What it answers and tells. */
export type MediaReport = v.InferOutput<typeof report>;

/** A request as it came; undefined for anything else. */
export function parseRequest(message: unknown): MediaRequest | undefined {
  const parsed = v.safeParse(request, message);
  return parsed.success ? parsed.output : undefined;
}

/** A report as it came; undefined for anything else. */
export function parseReport(message: unknown): MediaReport | undefined {
  const parsed = v.safeParse(report, message);
  return parsed.success ? parsed.output : undefined;
}
