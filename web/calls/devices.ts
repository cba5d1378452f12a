/** Which microphones and speakers there are, and which of them are chosen: kept by the browser for this page. */
import { type ReadonlySignal, signal } from '@preact/signals';

/** A device as people see it. */
export interface SoundDevice {
  readonly id: string;
  readonly label: string;
}

/** The devices there are, and the ids of those that are chosen; undefined for the system's choice. */
export interface SoundDevices {
  readonly microphones: readonly SoundDevice[];
  readonly speakers: readonly SoundDevice[];
  readonly microphone?: string | undefined;
  readonly speaker?: string | undefined;
}

const key = 'qtchat-sound-devices';

export class SoundDeviceList {
  readonly #all = signal<SoundDevices>({ microphones: [], speakers: [], ...kept() });

  constructor() {
    navigator.mediaDevices?.addEventListener('devicechange', () => void this.look());
  }

  get all(): ReadonlySignal<SoundDevices> {
    return this.#all;
  }

  /** What the speaker in use is called; null where the browser does not tell. */
  get speakerName(): string | null {
    const { speakers, speaker } = this.#all.value;
    return (speakers.find(({ id }) => id === speaker) ?? speakers[0])?.label ?? null;
  }

  /** Looks which there are. */
  async look(): Promise<void> {
    const devices = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
    const ofKind = (kind: MediaDeviceKind): SoundDevice[] =>
      devices
        .filter((device) => device.kind === kind && device.deviceId !== '' && device.label !== '')
        .map(({ deviceId, label }) => ({ id: deviceId, label }));
    this.#all.value = { ...this.#all.value, microphones: ofKind('audioinput'), speakers: ofKind('audiooutput') };
  }

  /** Keeps a choice. */
  choose(choice: { readonly microphone?: string; readonly speaker?: string }): void {
    this.#all.value = { ...this.#all.value, ...choice };
    const { microphone, speaker } = this.#all.value;
    try {
      localStorage.setItem(key, JSON.stringify({ microphone, speaker }));
    } catch {
      // Where nothing may be kept, it holds until the page is closed.
    }
  }
}

function kept(): { microphone?: string; speaker?: string } {
  try {
    const { microphone, speaker } = JSON.parse(localStorage.getItem(key) ?? '{}') as Record<string, unknown>;
    return {
      ...(typeof microphone === 'string' && { microphone }),
      ...(typeof speaker === 'string' && { speaker }),
    };
  } catch {
    return {};
  }
}
