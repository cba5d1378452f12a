/**
 * The place of one device in a call, its microphone or its speaker. What is wanted is in use whenever it can be; while it is
 * away, the system's choice takes its place, and nothing where there is none; and it is looked for until it is back.
 */
import type { CallTimers } from '../call-timing.js';

/** What can be put there. */
export interface OpenDevice {
  close(): Promise<void>;
}

/** What a place needs. */
export interface DeviceSlotOptions<Device extends OpenDevice> {
  /** Opens one, the system's choice without a name; undefined where there is none, rejects where it cannot be opened. */
  readonly open: (name: string | undefined, onLost: () => void) => Promise<Device | undefined>;
  /** Does work of this place when no other changes devices. */
  readonly inTurn: (work: () => Promise<void>) => void;
  readonly timers: CallTimers;
}

/** A change that can still be given up. */
export interface PreparedChange {
  /** Takes what was prepared; what was there before is closed. */
  commit(): Promise<void>;
  /** Leaves everything as it was. */
  drop(): Promise<void>;
}

interface InUse<Device> {
  readonly device: Device;
  /** By which it was opened. */
  readonly name: string | undefined;
}

/** How often it is looked for what is away. */
const lookEveryMs = 2_000;

/** One place. Its devices are changed in turn, as its owner sees to. */
export class DeviceSlot<Device extends OpenDevice> {
  readonly #options: DeviceSlotOptions<Device>;
  #wanted: string | undefined;
  #inUse: InUse<Device> | undefined;
  #callOffLook = (): void => {};
  #isClosed = false;

  constructor(options: DeviceSlotOptions<Device>) {
    this.#options = options;
  }

  /** The device that is in use; undefined for none. */
  get device(): Device | undefined {
    return this.#inUse?.device;
  }

  /** Takes the one of that name, the system's choice without; where it is away, as said above. */
  async take(wanted: string | undefined): Promise<void> {
    this.#wanted = wanted;
    await this.#look();
  }

  /**
   * Opens the one of that name beside the one in use, which stays where it is the same: some cards can be opened only once.
   *
   * @throws what opening throws
   */
  async prepare(wanted: string | undefined): Promise<PreparedChange> {
    const former = this.#inUse;
    const isKept = former !== undefined && former.name === wanted;
    const next = isKept ? former : await this.#open(wanted);
    return {
      commit: async () => {
        this.#wanted = wanted;
        this.#inUse = next;
        this.#lookLater();
        if (!isKept) await former?.device.close();
      },
      drop: async () => {
        if (!isKept) await next?.device.close();
      },
    };
  }

  /** Resolves when the device is free. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#callOffLook();
    const { device } = this;
    this.#inUse = undefined;
    await device?.close();
  }

  async #look(): Promise<void> {
    const former = this.#inUse;
    let found = (await this.#tryToOpen(this.#wanted)) ?? former;
    if (this.#wanted !== undefined) found ??= await this.#tryToOpen(undefined);
    this.#inUse = found;
    if (found !== former) await former?.device.close();
    this.#lookLater();
  }

  /** What is wanted is there, or is looked for. */
  #lookLater(): void {
    this.#callOffLook();
    if (this.#isClosed || (this.#inUse !== undefined && this.#inUse.name === this.#wanted)) return;
    this.#callOffLook = this.#options.timers.after(lookEveryMs, () => this.#options.inTurn(() => this.#look()));
  }

  async #tryToOpen(name: string | undefined): Promise<InUse<Device> | undefined> {
    return this.#open(name).catch(() => undefined);
  }

  async #open(name: string | undefined): Promise<InUse<Device> | undefined> {
    let opened: InUse<Device> | undefined;
    const onLost = (): void => this.#options.inTurn(() => this.#lose(opened));
    const device = await this.#options.open(name, onLost);
    opened = device && { device, name };
    return opened;
  }

  async #lose(lost: InUse<Device> | undefined): Promise<void> {
    // Another one may have taken its place meanwhile.
    if (lost === undefined || lost !== this.#inUse) return;
    this.#inUse = undefined;
    // One that is gone may never be done with closing.
    void lost.device.close();
    await this.#look();
  }
}
