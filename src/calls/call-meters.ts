/** What a call tells of its sound: how good it is, how loud, and by which devices; of those the peer hears too. */
import type { CallEventBody, CallLevels, CallSessionSnapshot, DevicesInUse } from './call-events.js';
import type { SoundEvent } from './call-sound.js';
import type { DevicePresence, Hold } from './hold.js';
import type { MediaStats } from './media.js';

/** What {@link CallMeters} need. */
export interface CallMetersOptions {
  readonly hold: Hold;
  /** Whether both can hear each other now: before, and in between, nothing of it is worth telling. */
  readonly isConnected: () => boolean;
  readonly emit: (event: CallEventBody) => void;
}

/** The meters of one call. */
export class CallMeters {
  readonly #options: CallMetersOptions;
  #stats: MediaStats | undefined;
  #levels: CallLevels | undefined;
  #devices: DevicesInUse | undefined;

  constructor(options: CallMetersOptions) {
    this.#options = options;
  }

  /** As they stand now. */
  get snapshot(): Pick<CallSessionSnapshot, 'stats' | 'levels' | 'devices' | 'peerDevices'> {
    return {
      stats: this.#stats,
      levels: this.#levels,
      devices: this.#devices,
      peerDevices: this.#options.hold.theirs,
    };
  }

  /** Takes what the sound says of itself. */
  note(event: Extract<SoundEvent, { type: 'stats' | 'level' | 'devices' }>): void {
    const { hold, isConnected, emit } = this.#options;
    switch (event.type) {
      case 'stats': {
        const { type: _, ...stats } = event;
        this.#stats = stats;
        if (isConnected()) emit({ type: 'callStats', ...stats });
        return;
      }
      case 'level':
        this.#levels = { local: event.local, remote: event.remote };
        if (isConnected()) emit({ type: 'callLevel', ...this.#levels });
        return;
      case 'devices':
        this.#devices = { input: event.input, output: event.output };
        hold.have({ input: event.input !== undefined, output: event.output !== undefined });
        if (isConnected()) hold.tell();
        emit({ type: 'callDevices', ...this.#devices });
    }
  }

  /**
   * The peer tells of its devices.
   *
   * @throws {QTChatError} `ERR_CALL_REFUSED` when it does so without end
   */
  hear(presence: DevicePresence): void {
    const { hold, emit } = this.#options;
    if (hold.hear(presence)) emit({ type: 'callPeerDevices', ...hold.theirs });
  }
}
