/** Two media sides that call each other in one test, with files for microphones and speakers. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Media, MediaEvent, MediaOptions, OpenMedia } from '../../src/calls/media.js';
import type { MediaProcess } from '../../src/calls/media-process/media-process.js';
import { type MediaOpenerOptions, mediaOpener } from '../../src/calls/media-process/open-media.js';
import type { SoundChoice } from '../../src/calls/media-process/wire.js';
import { parseWav, type WavSound, wavHead } from '../../src/calls/sound/wav.js';

/** One end of a call, and all that it has told. */
export class MediaEnd {
  readonly events: MediaEvent[] = [];
  #media: Media | undefined;
  readonly #watchers = new Set<() => void>();
  /** Where our candidates go. */
  onCandidate: (candidate: string) => void = () => {};

  /** Opens it. */
  protected async open(openMedia: OpenMedia, options: Omit<MediaOptions, 'onEvent'> = {}): Promise<void> {
    this.#media = await openMedia({ ...options, onEvent: (event) => this.#take(event) });
  }

  get media(): Media {
    if (this.#media === undefined) throw new Error('not open yet');
    return this.#media;
  }

  /** Resolves with the first event of that type, past or to come, that `accepts` takes. */
  async next<Type extends MediaEvent['type']>(
    type: Type,
    accepts: (event: Extract<MediaEvent, { type: Type }>) => boolean = () => true,
  ): Promise<Extract<MediaEvent, { type: Type }>> {
    for (;;) {
      const found = this.events.find(
        (event): event is Extract<MediaEvent, { type: Type }> =>
          event.type === type && accepts(event as Extract<MediaEvent, { type: Type }>),
      );
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#watchers.delete(wake);
          resolve();
        };
        this.#watchers.add(wake);
      });
    }
  }

  #take(event: MediaEvent): void {
    this.events.push(event);
    if (event.type === 'candidate') this.onCandidate(event.candidate);
    for (const wake of [...this.#watchers]) wake();
  }
}

/** One end of a call that has a media process. */
export class CallSide extends MediaEnd {
  readonly speaker: string | undefined;
  process: MediaProcess | undefined;

  private constructor(speaker: string | undefined) {
    super();
    this.speaker = speaker;
  }

  /** Opens one whose microphone says `said`, or that has none; what it hears is written to a file. */
  static async open(
    folder: string,
    name: string,
    said: Int16Array | undefined,
    { program, ...options }: { readonly program?: string } & Omit<MediaOptions, 'onEvent'> = {},
  ): Promise<CallSide> {
    const microphone = said === undefined ? undefined : join(folder, `${name}-said.wav`);
    if (said !== undefined && microphone !== undefined) await writeWav(microphone, said);
    const speaker = join(folder, `${name}-heard.wav`);
    const sound: SoundChoice = { kind: 'recorded', microphone, speaker };
    return CallSide.#open({ sound, env: process.env, ...(program !== undefined && { program }) }, speaker, options);
  }

  /** Opens one with the sound card that this environment leads to. */
  static async openCard(env: Readonly<Record<string, string>>): Promise<CallSide> {
    return CallSide.#open({ sound: { kind: 'card' }, env }, undefined);
  }

  static async #open(
    options: MediaOpenerOptions,
    speaker: string | undefined,
    media?: Omit<MediaOptions, 'onEvent'>,
  ): Promise<CallSide> {
    const side = new CallSide(speaker);
    const open = mediaOpener({
      ...options,
      onStarted: (started) => {
        side.process = started;
      },
    });
    await side.open(open, media);
    return side;
  }

  /** What it has heard so far. */
  async heardSoFar(): Promise<Int16Array> {
    const octets = (await readFile(this.speaker ?? '')).subarray(wavHead(0, 0).length);
    return Int16Array.from({ length: octets.length >> 1 }, (_, index) => octets.readInt16LE(index * 2));
  }

  /** What it heard, once it is closed. */
  async heard(): Promise<WavSound> {
    return parseWav(await readFile(this.speaker ?? ''));
  }
}

/** Resolves when a side has told of so many further seconds. */
export async function secondsOf(side: MediaEnd, seconds: number): Promise<void> {
  const known = side.events.filter(({ type }) => type === 'stats').length;
  await measured(side, known + seconds);
}

/** Resolves when a side has told so many seconds of statistics since it began. */
export async function measured(side: MediaEnd, seconds: number): Promise<void> {
  const count = (): number => side.events.filter(({ type }) => type === 'stats').length;
  while (count() < seconds) {
    const known = count();
    await side.next('stats', () => count() > known);
  }
}

/** Writes sound to a file. */
export async function writeWav(path: string, samples: Int16Array): Promise<void> {
  await writeFile(
    path,
    Buffer.concat([wavHead(samples.length, 0), Buffer.from(samples.buffer, 0, samples.byteLength)]),
  );
}

/** What becomes of what one side says on its way to the other. */
export interface SignalingPath {
  readonly description?: (sdp: string) => string;
  /** Undefined for one that gets lost. */
  readonly candidate?: (candidate: string, from: MediaEnd) => string | undefined;
  /** They are connected already, and look for another way. */
  readonly isRestart?: boolean;
}

/** Passes on what the two say to each other. */
export async function connectSides(caller: MediaEnd, callee: MediaEnd, path: SignalingPath = {}): Promise<void> {
  const { description: alter = (sdp) => sdp, candidate: lead = (candidate) => candidate, isRestart = false } = path;
  const pass = (from: MediaEnd, to: MediaEnd): void => {
    const told = isRestart ? [] : from.events;
    const early = told.flatMap((event) => (event.type === 'candidate' ? [event.candidate] : []));
    from.onCandidate = (candidate) => {
      const led = lead(candidate, from);
      if (led !== undefined) void to.media.addCandidate(led).catch(() => {});
    };
    for (const candidate of early) from.onCandidate(candidate);
  };
  pass(caller, callee);
  pass(callee, caller);
  const offer = await caller.media.offer(isRestart);
  const answer = await callee.media.answer(alter(offer));
  await caller.media.accept(alter(answer));
}
