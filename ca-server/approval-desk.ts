/**
 * Where guests wait for the host's approval. The host decides by a command of its own, in another process,
 * so the ledger is asked now and then; it also hears that the guests are still there.
 */
import { approvalMs } from '../src/enroll/hello.js';
import { messageOf } from '../src/errors.js';
import { decisionsOn, endRequest, keepWaiting, recordRequest, requestSilenceMs } from '../src/ledger/requests.js';
import type { AutoCa, Limits } from './auto-ca.js';
import { refusal } from './refusal.js';

/** A guest as it comes to the desk. */
export interface WaitingGuest {
  readonly id: string;
  readonly address: string;
  readonly words: string;
}

interface Place {
  readonly guest: WaitingGuest;
  readonly expiresAt: Date;
  /** The ledger knows of it. */
  isRecorded: boolean;
  /** Called with what the host said, or why it will say nothing. */
  settle: (outcome: Outcome) => void;
  readonly outcome: Promise<Outcome>;
}

type Outcome = 'approved' | 'denied' | 'expired' | 'left';

/** The requests of one server. */
export class ApprovalDesk {
  readonly #autoCa: AutoCa;
  readonly #limits: Pick<Limits, 'approvalPollMs'>;
  readonly #places = new Map<string, Place>();
  #timer: NodeJS.Timeout | undefined;
  #seenAt = 0;
  #isFailing = false;

  constructor(autoCa: AutoCa, limits: Pick<Limits, 'approvalPollMs'>) {
    this.#autoCa = autoCa;
    this.#limits = limits;
  }

  /**
   * Shows a guest to the host.
   *
   * @throws {QTChatError} `ERR_ENROLL_BUSY` when too many wait
   */
  async enter(guest: WaitingGuest): Promise<void> {
    const { ledger, deps, log } = this.#autoCa;
    const expiresAt = new Date(deps.clock().getTime() + approvalMs);
    let settle: Place['settle'] = () => {};
    const outcome = new Promise<Outcome>((resolve) => {
      settle = resolve;
    });
    const place: Place = { guest, expiresAt, settle, outcome, isRecorded: false };
    this.#places.set(guest.id, place);
    try {
      await recordRequest(ledger, { ...guest, expiresAt }, deps);
    } catch (error) {
      this.#places.delete(guest.id);
      throw error;
    }
    // It may have left while the ledger was busy.
    if (!this.#places.has(guest.id)) {
      await endRequest(ledger, guest.id, deps);
      return;
    }
    place.isRecorded = true;
    log({ event: 'requested', address: guest.address, request: guest.id, words: guest.words });
    this.#watch();
  }

  /**
   * Waits until the host has decided.
   *
   * @returns the id of the invite that an approval made: the request's own
   * @throws {QTChatError} `ERR_ENROLL_REFUSED` when it was denied, or nobody decided in time
   */
  async decision(id: string): Promise<string> {
    const outcome = (await this.#places.get(id)?.outcome) ?? 'left';
    if (outcome === 'approved') return id;
    throw refusal(outcome === 'denied' ? 'the host declined' : 'the host did not decide in time');
  }

  /** A guest has left, with what it came for or without. */
  async leave(id: string): Promise<void> {
    const place = this.#places.get(id);
    if (place === undefined) return;
    this.#places.delete(id);
    place.settle('left');
    const { ledger, deps, log } = this.#autoCa;
    const isTooSoon = await endRequest(ledger, id, deps);
    if (isTooSoon) log({ event: 'gone', address: place.guest.address, request: id });
  }

  #watch(): void {
    if (this.#timer !== undefined || this.#places.size === 0) return;
    this.#timer = setTimeout(() => {
      void this.#look().finally(() => {
        this.#timer = undefined;
        this.#watch();
      });
    }, this.#limits.approvalPollMs).unref();
  }

  async #look(): Promise<void> {
    const { ledger, deps, log } = this.#autoCa;
    const now = deps.clock();
    const places = [...this.#places.values()].filter(({ isRecorded }) => isRecorded);
    const ids = places.map(({ guest }) => guest.id);
    if (ids.length === 0) return;
    try {
      const decisions = await decisionsOn(ledger, ids);
      for (const place of places) {
        // One that the ledger has forgotten cannot be approved any more.
        const state = decisions.get(place.guest.id) ?? 'expired';
        if (state !== 'waiting') place.settle(state);
        else if (now >= place.expiresAt) place.settle('expired');
      }
      if (now.getTime() - this.#seenAt >= requestSilenceMs / 6) {
        this.#seenAt = now.getTime();
        await keepWaiting(ledger, ids, now);
      }
      this.#isFailing = false;
    } catch (error) {
      // The ledger may be back at the next look; until then, one line is enough.
      if (!this.#isFailing) log({ event: 'unwatched', address: 'none', reason: messageOf(error) });
      this.#isFailing = true;
    }
  }
}
