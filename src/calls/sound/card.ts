/**
 * The sound card, by naudiodon (PortAudio). Runs in the media process only: the library prints to stdout, ALSA to
 * stderr, and both keep threads busy. What is measured rather than documented there stands beside the line.
 */
import { messageOf, QTChatError, quote } from '../../errors.js';
import { FrameCutter } from './frames.js';
import { type AudioOptions, loadNaudiodon, type Naudiodon } from './naudiodon.js';
import {
  type DeviceCallbacks,
  frameSamples,
  type Microphone,
  type SoundDevice,
  type SoundSystem,
  type Speaker,
  sampleRate,
} from './sound-system.js';

/** A device without a sign of life for so long is lost: nothing else tells. */
const lostAfterMs = 1_000;
/** Two frames: what waits longer than that only makes the call late. */
const mostWaitingBytes = frameSamples * 2 * 2;
/** With these, its queue is full and something has been played. */
const framesToBegin = 5;
const systemsChoice = -1;
/** Small buffers: with these, mouth to ear takes some 70 ms. */
const common: Omit<AudioOptions, 'deviceId'> = {
  channelCount: 1,
  sampleRate,
  sampleFormat: 16,
  framesPerBuffer: 240,
  highwaterMark: 960,
  maxQueue: 2,
  // Otherwise one late buffer ends the stream.
  closeOnError: false,
};

type Direction = 'input' | 'output';

/**
 * The sound card of this machine.
 *
 * @throws {QTChatError} `ERR_CALL_LIBRARY` where naudiodon or what it needs is missing
 */
export async function cardSystem(): Promise<SoundSystem> {
  const library = await loadNaudiodon();
  return {
    list: async () => listDevices(library),
    openMicrophone: async (name, { onFrame, onLost }) => {
      const found = findDevice(library, 'input', name);
      if (found === undefined) return undefined;
      const stream = opened(found.name, () => library.AudioIO({ inOptions: { ...common, deviceId: found.id } }));
      const watch = new Watch(onLost);
      const cutter = new FrameCutter(onFrame);
      stream.on('data', (octets: Buffer) => {
        watch.alive();
        watch.works();
        cutter.push(octets);
      });
      const device = { name: found.name, close: () => quit(stream, watch) };
      await begun(device, watch, () => stream.start());
      return device;
    },
    openSpeaker: async (name, { onLost }) => {
      const found = findDevice(library, 'output', name);
      if (found === undefined) return undefined;
      const stream = opened(found.name, () => library.AudioIO({ outOptions: { ...common, deviceId: found.id } }));
      const watch = new Watch(onLost);
      const waiting = (): number => (stream as unknown as { writableLength: number }).writableLength;
      const write = (frame: Int16Array): void => {
        watch.begin();
        stream.write(Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength), () => {
          if (waiting() > 0) {
            watch.alive();
          } else {
            watch.pause();
            watch.works();
          }
        });
      };
      const device: Speaker = {
        name: found.name,
        play: (frame) => {
          if (waiting() > mostWaitingBytes) return false;
          write(frame);
          return true;
        },
        close: () => quit(stream, watch),
      };
      await begun(device, watch, () => {
        stream.start();
        // More than the library takes by itself: the device has to play some of it.
        for (let count = 0; count < framesToBegin; count++) write(new Int16Array(frameSamples));
      });
      return device;
    },
  };
}

function listDevices(library: Naudiodon): SoundDevice[] {
  return library.getDevices().map(({ name, maxInputChannels, maxOutputChannels }) => ({
    name,
    isInput: maxInputChannels > 0,
    isOutput: maxOutputChannels > 0,
  }));
}

/** A device by its name, or by a part of it that no other has; the system's choice where none is named. */
function findDevice(
  library: Naudiodon,
  direction: Direction,
  name: string | undefined,
): { readonly id: number; readonly name: string } | undefined {
  const devices = library
    .getDevices()
    .filter((device) => (direction === 'input' ? device.maxInputChannels : device.maxOutputChannels) > 0);
  if (name === undefined) {
    if (devices.length === 0) return undefined;
    const { defaultHostAPI, HostAPIs } = library.getHostAPIs();
    const api = HostAPIs[defaultHostAPI];
    const id = direction === 'input' ? api?.defaultInput : api?.defaultOutput;
    return { id: systemsChoice, name: devices.find((device) => device.id === id)?.name ?? 'default' };
  }
  const exact = devices.find((device) => device.name === name);
  if (exact !== undefined) return exact;
  const similar = devices.filter((device) => device.name.toLowerCase().includes(name.toLowerCase()));
  if (similar.length === 1) return similar[0];
  const kind = direction === 'input' ? 'microphone' : 'speaker';
  const count = similar.length === 0 ? `there is no ${kind}` : `there are ${similar.length} ${kind}s`;
  throw new QTChatError('ERR_CALL_DEVICE', `${count} ${quote(name)}`, { hint: 'See qtchat devices' });
}

function opened<Result>(name: string, open: () => Result): Result {
  try {
    return open();
  } catch (error) {
    throw unusable(name, messageOf(error), error);
  }
}

function unusable(name: string, why: string, cause?: unknown): QTChatError {
  return new QTChatError('ERR_CALL_DEVICE', `${quote(name)} cannot be opened: ${why}`, {
    hint: 'Another program may hold it; qtchat doctor --sound looks closer',
    cause,
  });
}

/**
 * Starts a device, and resolves when it works: one that is gone can often be opened all the same.
 *
 * @throws {QTChatError} `ERR_CALL_DEVICE`; then it is closed
 */
async function begun(device: Microphone | Speaker, watch: Watch, start: () => void): Promise<void> {
  try {
    opened(device.name, start);
    await watch.working(device.name);
  } catch (error) {
    void device.close();
    throw error;
  }
}

/** `quit` only: `abort` throws. It does not return for a device that is gone. */
async function quit(stream: { quit(done: () => void): void }, watch: Watch): Promise<void> {
  watch.end();
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, lostAfterMs);
    stream.quit(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Notices a device that stays away. */
class Watch {
  readonly #onLost: DeviceCallbacks['onLost'];
  #timer: NodeJS.Timeout | undefined;
  #hasEnded = false;
  #begins: { readonly resolve: () => void; readonly reject: () => void } | undefined;

  constructor(onLost: DeviceCallbacks['onLost']) {
    this.#onLost = onLost;
  }

  /** Resolves when it works; rejects where it gives no sign of life. */
  async working(name: string): Promise<void> {
    this.begin();
    await new Promise<void>((resolve, reject) => {
      this.#begins = { resolve, reject: () => reject(unusable(name, 'it gives no sign of life')) };
    });
    this.#begins = undefined;
  }

  /** From now on it owes a sign of life, if it did not before. */
  begin(): void {
    if (this.#hasEnded) return;
    this.#timer ??= setTimeout(() => {
      this.end();
      if (this.#begins === undefined) this.#onLost();
      else this.#begins.reject();
    }, lostAfterMs);
  }

  alive(): void {
    this.#timer?.refresh();
  }

  /** It owes nothing until `begin`. */
  pause(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** It does what it is there for: `working` need not wait any more. */
  works(): void {
    this.#begins?.resolve();
  }

  end(): void {
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
