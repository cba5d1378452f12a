/**
 * What can be done with calls: one at a time, with a member who is here. What becomes of them is told by events, and stands
 * in the history.
 */
import { CallDesk, type CallDeskOptions } from '../calls/call-desk.js';
import type { CallEvent, CallSnapshot } from '../calls/call-events.js';
import type { DeviceChange, DeviceChoice, OpenMedia } from '../calls/media.js';
import { QTChatError, quote } from '../errors.js';
import { CallChannels } from './call-channels.js';
import type { ConversationEvent } from './events.js';
import type { Links } from './links.js';
import type { RunningWork } from './running-work.js';

/** What {@link CallIntents} need. */
export interface CallIntentsOptions extends Pick<CallDeskOptions, 'random' | 'timers'> {
  /** What opens the sound of calls; undefined where there is none, unless whoever calls brings it. */
  readonly openMedia: OpenMedia | undefined;
  /** Why there is none. */
  readonly noMedia: QTChatError | undefined;
  /** Calls are taken even so: whoever answers brings the sound. */
  readonly takesCalls: boolean;
  readonly clock: () => Date;
  readonly links: Links;
  readonly work: RunningWork;
  /** Rejects where a member is not to be told anything. */
  readonly checkMember: (member: string) => Promise<void>;
  readonly onEvent: (event: ConversationEvent) => void;
  /** SHA-256 of our key. */
  readonly ownSpki: string;
}

/** The calls of a conversation. */
export class CallIntents {
  /** Those who can be called; undefined where we cannot. */
  readonly channels: CallChannels | undefined;
  readonly #options: CallIntentsOptions;
  readonly #desk: CallDesk | undefined;
  /** When the call began that there is. */
  #began: { readonly id: string; readonly at: Date } | undefined;

  constructor(options: CallIntentsOptions) {
    this.#options = options;
    const { takesCalls, timers, random, ownSpki } = options;
    if (options.openMedia === undefined && !takesCalls) return;
    const openMedia: OpenMedia = options.openMedia ?? (() => Promise.reject(this.#noSound));
    this.#desk = new CallDesk({ openMedia, timers, random, emit: (member, event) => this.#tell(member, event) });
    this.channels = new CallChannels(this.#desk, ownSpki);
  }

  /** The call that there is. */
  get current(): CallSnapshot | undefined {
    return this.#desk?.current;
  }

  /**
   * Calls a member who is here.
   *
   * @param openMedia - what opens the sound of this call; as for others when left out
   * @returns the id of the call, which its events carry
   * @throws {QTChatError} `ERR_CALL_UNAVAILABLE`, `ERR_CALL_BUSY`, `ERR_PEER_BLOCKED`
   */
  async call(member: string, openMedia = this.#options.openMedia): Promise<string> {
    const { checkMember, links, clock } = this.#options;
    await checkMember(member);
    if (this.#desk === undefined || openMedia === undefined) throw this.#noSound;
    if (!this.#desk.canReach(member)) {
      const why = links.isHere(member) ? 'cannot take calls: their program is older or has no sound' : 'is not here';
      throw unavailable(`${quote(member)} ${why}`);
    }
    const id = this.#desk.call(member, openMedia);
    this.#began = { id, at: clock() };
    return id;
  }

  /**
   * Takes the call that rings.
   *
   * @param openMedia - what opens its sound; as for others when left out
   * @throws {QTChatError} `ERR_USAGE` where there is none, here and below; `ERR_CALL_UNAVAILABLE` where there is no sound
   */
  answer(openMedia = this.#options.openMedia): void {
    if (this.#desk !== undefined && openMedia === undefined) throw this.#noSound;
    if (!this.#desk?.answer(openMedia)) throw none('nobody calls');
  }

  /** Refuses the call that rings. */
  reject(): void {
    if (!this.#desk?.reject()) throw none('nobody calls');
  }

  /** Ends the call that there is. */
  hangUp(): void {
    if (!this.#desk?.hangUp()) throw none('there is no call');
  }

  /** Lets silence go out, or sound again. */
  mute(isOn: boolean): void {
    if (!this.#desk?.mute(isOn)) throw none('there is no call');
  }

  /** Whether one is muted but while one talks. */
  get isPushToTalk(): boolean {
    return this.#desk?.isPushToTalk ?? false;
  }

  /** Mutes the call that there is and each one to come, until {@link mute} lets one talk; or not any more. */
  pushToTalk(isOn: boolean): void {
    this.#desk?.pushToTalk(isOn);
  }

  /** The sound devices that are chosen; the system's choice for one that is left out. */
  get devices(): DeviceChoice {
    return this.#desk?.devices ?? {};
  }

  /**
   * Takes other sound devices, for the call that there is and for those to come. What is left out stays as it is; undefined
   * is the system's choice.
   *
   * @throws {QTChatError} `ERR_CALL_DEVICE` where one does not work; the call goes on with those until then
   */
  async useDevices(change: DeviceChange): Promise<void> {
    await this.#desk?.useDevices(change);
  }

  /** Hangs up, and resolves when all sound is gone. */
  async close(): Promise<void> {
    await this.#desk?.close();
  }

  get #noSound(): QTChatError {
    return this.#options.noMedia ?? unavailable('this program has no sound for calls');
  }

  #tell(member: string, event: CallEvent): void {
    const { clock, onEvent, links, work } = this.#options;
    const { id, direction } = event;
    if (event.type === 'callRinging' && direction === 'in') this.#began = { id, at: clock() };
    if (event.type === 'callEnded') {
      const { reason, durationMs, missed } = event;
      const startedAt = this.#began?.id === id ? this.#began.at : clock();
      work.add(links.of(member).store.addCall({ id, direction, startedAt, reason, durationMs, missed }));
    }
    onEvent({ member, ...event });
  }
}

function unavailable(what: string): QTChatError {
  return new QTChatError('ERR_CALL_UNAVAILABLE', what);
}

function none(what: string): QTChatError {
  return new QTChatError('ERR_USAGE', what);
}
