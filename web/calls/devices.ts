/** Which microphones and speakers there are, and which of them are chosen: kept by the browser for this page. */
import { type ReadonlySignal, type Signal, signal } from '@preact/signals';

/** A microphone or speaker that can be chosen. */
export interface SoundDevice {
  readonly id: string;
  readonly label: string;
}

/** Which of both it is about. */
export type DeviceKind = 'input' | 'output';

const key = 'qtchat-sound-devices';
/** What the system has is chosen by choosing none. */
const systemIds = ['', 'default', 'communications'];

/** The devices of this computer, as far as the browser shows them: none until the microphone was allowed once. */
export class SoundDevices {
  readonly #inputs: Signal<readonly SoundDevice[]> = signal([]);
  readonly #outputs: Signal<readonly SoundDevice[]> = signal([]);
  readonly #chosen: Readonly<Record<DeviceKind, Signal<string>>>;

  constructor() {
    const { input = '', output = '' } = kept();
    this.#chosen = { input: signal(input), output: signal(output) };
    navigator.mediaDevices?.addEventListener('devicechange', () => void this.look());
  }

  get inputs(): ReadonlySignal<readonly SoundDevice[]> {
    return this.#inputs;
  }

  get outputs(): ReadonlySignal<readonly SoundDevice[]> {
    return this.#outputs;
  }

  /** The id of the one that is chosen; empty for the system's choice. */
  chosen(kind: DeviceKind): ReadonlySignal<string> {
    return this.#chosen[kind];
  }

  /** What the speaker in use is called; null where the browser does not tell. */
  async speakerName(): Promise<string | null> {
    const all = await listDevices();
    const speakers = all.filter(({ kind }) => kind === 'audiooutput');
    const id = this.#chosen.output.value || 'default';
    return (speakers.find(({ deviceId }) => deviceId === id) ?? speakers[0])?.label || null;
  }

  /** Looks which there are. */
  async look(): Promise<void> {
    const all = await listDevices();
    const ofKind = (wanted: MediaDeviceKind): SoundDevice[] =>
      all
        .filter(({ kind, deviceId }) => kind === wanted && !systemIds.includes(deviceId))
        .map(({ deviceId, label }) => ({ id: deviceId, label }));
    this.#inputs.value = ofKind('audioinput');
    this.#outputs.value = ofKind('audiooutput');
  }

  /** Keeps a choice. */
  choose(kind: DeviceKind, id: string): void {
    this.#chosen[kind].value = id;
    try {
      const { input, output } = this.#chosen;
      localStorage.setItem(key, JSON.stringify({ input: input.value, output: output.value }));
    } catch {
      // Where nothing may be kept, it holds until the page is closed.
    }
  }
}

async function listDevices(): Promise<MediaDeviceInfo[]> {
  return (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
}

function kept(): { input?: string; output?: string } {
  try {
    const { input, output } = JSON.parse(localStorage.getItem(key) ?? '{}') as Record<string, unknown>;
    return { ...(typeof input === 'string' && { input }), ...(typeof output === 'string' && { output }) };
  } catch {
    return {};
  }
}
