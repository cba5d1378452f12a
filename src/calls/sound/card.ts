/**
 * The sound card, by naudiodon (PortAudio). Runs in the media process only: the library prints to stdout, ALSA to
 * stderr, and both keep threads busy. What is measured rather than documented there stands beside the line.
 */
import { messageOf, QTChatError, quote } from '../../errors.js';
import { FrameCutter } from './frames.js';
import { type AudioOptions, loadNaudiodon, type Naudiodon } from './naudiodon.js';
import { type DeviceCallbacks, frameSamples, type SoundDevice, type SoundSystem, sampleRate } from './sound-system.js';

/** A device without a sign of life for so long is lost: nothing else tells. */
const lostAfterMs = 1_000;
/** Two frames: what waits longer than that only makes the call late. */
const mostWaitingBytes = frameSamples * 2 * 2;
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
        cutter.push(octets);
      });
      opened(found.name, () => stream.start());
      watch.begin();
      return { name: found.name, close: async () => quit(stream, watch) };
    },
    openSpeaker: async (name, { onLost }) => {
      const found = findDevice(library, 'output', name);
      if (found === undefined) return undefined;
      const stream = opened(found.name, () => library.AudioIO({ outOptions: { ...common, deviceId: found.id } }));
      const watch = new Watch(onLost);
      opened(found.name, () => stream.start());
      return {
        name: found.name,
        play: (frame) => {
          const waiting = (): number => (stream as unknown as { writableLength: number }).writableLength;
          if (waiting() > mostWaitingBytes) return false;
          watch.begin();
          stream.write(Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength), () => {
            if (waiting() > 0) watch.alive();
            else watch.pause();
          });
          return true;
        },
        close: async () => quit(stream, watch),
      };
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
    throw new QTChatError('ERR_CALL_DEVICE', `${quote(name)} cannot be opened: ${messageOf(error)}`, {
      hint: 'Another program may hold it; qtchat doctor --sound looks closer',
      cause: error,
    });
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

  constructor(onLost: DeviceCallbacks['onLost']) {
    this.#onLost = onLost;
  }

  /** From now on it owes a sign of life, if it did not before. */
  begin(): void {
    if (this.#hasEnded) return;
    this.#timer ??= setTimeout(() => {
      this.end();
      this.#onLost();
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

  end(): void {
    this.#hasEnded = true;
    this.pause();
  }
}
