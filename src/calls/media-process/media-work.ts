/** What the media process can do: a call, a test of the devices, a tone, a list of what there is. */
import { type PlainError, QTChatError, toPlainError } from '../../errors.js';
import { systemTimers } from '../call-timing.js';
import { loadOptional, type OptionalLibrary, optionalLibraries } from '../optional.js';
import { cardSystem } from '../sound/card.js';
import { createEchoCanceller } from '../sound/echo-canceller.js';
import { everyFrame } from '../sound/frames.js';
import { loadNaudiodon } from '../sound/naudiodon.js';
import { createNoiseSuppressor } from '../sound/noise-suppressor.js';
import { recordedSystem } from '../sound/recorded.js';
import { silentSystem } from '../sound/silent.js';
import { SoundBoard } from '../sound/sound-board.js';
import { frameMs, type SoundSystem } from '../sound/sound-system.js';
import { type ToneKind, toneFrames } from '../sound/tones.js';
import { Recorder } from '../voicemail/recorder.js';
import { MediaConnection } from './connection.js';
import type { MediaProcessEvent, MediaReport, MediaTask, SoundChoice } from './wire.js';
import type { Wrtc } from './wrtc.js';

const levelEveryMs = 100;

type Answer = Partial<Pick<Extract<MediaReport, { type: 'done' }>, 'sdp' | 'devices' | 'problems' | 'durationMs'>>;

/** The work of one media process: one thing in its life. */
export class MediaWork {
  readonly #tell: (event: MediaProcessEvent) => void;
  #sound: SoundChoice = { kind: 'card' };
  #board: SoundBoard | undefined;
  #connection: MediaConnection | undefined;
  #levels: NodeJS.Timeout | undefined;
  #recorder: Recorder | undefined;

  constructor(tell: (event: MediaProcessEvent) => void) {
    this.#tell = tell;
  }

  /** Does what a task asks. */
  async perform(task: MediaTask): Promise<Answer> {
    switch (task.type) {
      case 'sound':
        this.#sound = task.sound;
        return {};
      case 'call':
        await this.#call(task);
        return {};
      case 'offer':
        return { sdp: await this.#inCall().offer(task.isRestart) };
      case 'answer':
        return { sdp: await this.#inCall().answer(task.sdp) };
      case 'accept':
        await this.#inCall().accept(task.sdp);
        return {};
      case 'candidate':
        await this.#inCall().addCandidate(task.candidate);
        return {};
      case 'mute':
        this.#board?.setMuted(task.isMuted);
        return {};
      case 'useDevices':
        await this.#board?.useDevices(chosen(task));
        return {};
      case 'list':
        return { devices: [...(await (await this.#system()).list())] };
      case 'libraries':
        return { problems: await libraryProblems() };
      case 'echo':
        await this.#echo(task);
        return {};
      case 'tone':
        await this.#tone(task.tone, task.output);
        return {};
      case 'record':
        await this.#record(task);
        return {};
      case 'stop': {
        const recorder = this.#recorder;
        this.#recorder = undefined;
        return { durationMs: (await recorder?.stop()) ?? 0 };
      }
      case 'ping':
        return {};
      case 'close':
        clearInterval(this.#levels);
        await this.#recorder?.stop();
        this.#connection?.close();
        await this.#board?.close();
        return {};
    }
  }

  async #call({
    noiseSuppression = false,
    ...devices
  }: Devices & { noiseSuppression?: boolean | undefined }): Promise<void> {
    const [wrtc, board] = await Promise.all([
      loadOptional<Wrtc>('@roamhq/wrtc'),
      this.#openBoard((frame) => this.#connection?.send(frame), noiseSuppression),
    ]);
    this.#connection = new MediaConnection(wrtc, { onEvent: this.#tell, onFrame: (frame) => board.hear(frame) });
    // The call need not wait for its devices.
    void board.open(chosen(devices));
  }

  /** What the microphone hears goes back to the speaker, so much later. */
  async #echo({ delayMs, ...devices }: Devices & { readonly delayMs: number }): Promise<void> {
    const waiting: Int16Array[] = [];
    const board = await this.#openBoard((frame) => {
      waiting.push(frame);
      const due = waiting.length * frameMs > delayMs ? waiting.shift() : undefined;
      if (due !== undefined) this.#board?.hear(due);
    });
    await board.useDevices(chosen(devices));
  }

  async #openBoard(onFrame: (frame: Int16Array) => void, noiseSuppression = false): Promise<SoundBoard> {
    const isCard = this.#sound.kind === 'card';
    const [system, canceller, suppressor] = await Promise.all([
      this.#system(),
      // Whoever wears headphones does not miss it.
      isCard ? createEchoCanceller().catch(() => undefined) : undefined,
      noiseSuppression ? createNoiseSuppressor().catch(() => undefined) : undefined,
    ]);
    const onDevices = (input: string | undefined, output: string | undefined): void =>
      this.#tell({ type: 'devices', input, output });
    const board = new SoundBoard({ system, canceller, suppressor, timers: systemTimers, onFrame, onDevices });
    this.#board = board;
    this.#levels = setInterval(() => this.#tell({ type: 'level', ...board.takeLevels() }), levelEveryMs);
    return board;
  }

  async #tone(kind: ToneKind, output: string | undefined): Promise<void> {
    const speaker = await (await this.#system()).openSpeaker(output, { onLost: () => {} });
    if (speaker === undefined) throw new QTChatError('ERR_CALL_DEVICE', 'there is no speaker');
    const frames = toneFrames(kind);
    await new Promise<void>((resolve) => {
      const stop = everyFrame(() => {
        const { value } = frames.next();
        if (value) {
          speaker.play(value);
        } else {
          stop();
          resolve();
        }
      });
    });
    await speaker.close();
  }

  async #record({ input, path }: Extract<MediaTask, { type: 'record' }>): Promise<void> {
    let local = 0;
    const onLevel = (level: number): void => {
      local = Math.max(local, level);
    };
    this.#recorder = await Recorder.start({ system: await this.#system(), input, path, onLevel });
    this.#levels = setInterval(() => {
      this.#tell({ type: 'level', local, remote: 0 });
      local = 0;
    }, levelEveryMs);
  }

  async #system(): Promise<SoundSystem> {
    if (this.#sound.kind === 'recorded') return recordedSystem(this.#sound);
    return this.#sound.kind === 'silent' ? silentSystem : cardSystem();
  }

  #inCall(): MediaConnection {
    if (this.#connection === undefined) throw new QTChatError('ERR_CALL_FAILED', 'the media process has no call');
    return this.#connection;
  }
}

async function libraryProblems(): Promise<PlainError[]> {
  const names = Object.keys(optionalLibraries) as OptionalLibrary[];
  const loads = names.map((name) => (name === 'naudiodon' ? loadNaudiodon() : loadOptional(name)));
  const loaded = await Promise.allSettled(loads);
  return loaded.flatMap((load) => (load.status === 'rejected' ? [toPlainError(load.reason, 'cannot be loaded')] : []));
}

interface Devices {
  readonly input?: string | undefined;
  readonly output?: string | undefined;
}

/** A choice without the fields that chose nothing. */
function chosen({ input, output }: Devices): { input?: string; output?: string } {
  return { ...(input !== undefined && { input }), ...(output !== undefined && { output }) };
}
