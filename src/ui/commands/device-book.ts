/** The microphones and speakers by the small numbers that users name them by. A number is good until they are listed again. */
import type { DeviceChoice } from '../../calls/media.js';
import type { SoundDevice } from '../../calls/sound/sound-system.js';
import { QTChatError, quote } from '../../errors.js';

/** What a device is for. */
export type Direction = keyof DeviceChoice;

/** What leaves the choice to the system. */
export const systemsChoice = 'default';
const kinds: Readonly<Record<Direction, string>> = { input: 'microphone', output: 'speaker' };

/** The devices as they were listed last. */
export class DeviceBook {
  readonly #list: () => Promise<readonly SoundDevice[]>;
  #devices: readonly SoundDevice[] = [];

  /** @param list - looks what there is; see `FaceSound` for what it throws */
  constructor(list: () => Promise<readonly SoundDevice[]>) {
    this.#list = list;
  }

  /** As they were listed last; none before. */
  get known(): readonly SoundDevice[] {
    return this.#devices;
  }

  /** Looks what there is now. */
  async list(): Promise<readonly SoundDevice[]> {
    this.#devices = await this.#list();
    return this.#devices;
  }

  /**
   * The device that the user means.
   *
   * @param typed - its number, its name, or a part of it that no other has; `default` for the system's choice
   * @returns its name; undefined for the system's choice
   * @throws {QTChatError} `ERR_CALL_DEVICE` when there is none, or more than one
   */
  async find(direction: Direction, typed: string): Promise<string | undefined> {
    if (typed === systemsChoice) return undefined;
    const numbered = /^\d+$/.test(typed) ? await this.#numbered(Number(typed)) : undefined;
    const fitting = (numbered === undefined ? await this.list() : [numbered]).filter((device) =>
      fits(device, direction),
    );
    const [exact] = numbered === undefined ? fitting.filter(({ name }) => name === typed) : fitting;
    if (exact !== undefined) return exact.name;
    const similar = numbered ? [] : fitting.filter(({ name }) => name.toLowerCase().includes(typed.toLowerCase()));
    const [only, another] = similar;
    if (only !== undefined && another === undefined) return only.name;
    const count = only === undefined ? `there is no ${kinds[direction]}` : `more than one ${kinds[direction]} is like`;
    throw new QTChatError('ERR_CALL_DEVICE', `${count} ${quote(typed)}`, { hint: '/devices lists them' });
  }

  /** What the device of this number is for. */
  async directionsOf(number: string): Promise<Direction[]> {
    const device = await this.#numbered(Number(number));
    return (['input', 'output'] as const).filter((direction) => device !== undefined && fits(device, direction));
  }

  async #numbered(number: number): Promise<SoundDevice | undefined> {
    return (this.#devices.length === 0 ? await this.list() : this.#devices)[number - 1];
  }
}

function fits({ isInput, isOutput }: SoundDevice, direction: Direction): boolean {
  return direction === 'input' ? isInput : isOutput;
}
