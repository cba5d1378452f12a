/** Keeps a member whom nobody wants to talk to from ringing without end. */
import type { CallTimers } from './call-timing.js';

const mostRings = 6;
const withinMs = 60_000;

/** The rings of all members. */
export class RingLimit {
  readonly #timers: CallTimers;
  readonly #rings = new Map<string, number[]>();

  constructor(timers: CallTimers) {
    this.#timers = timers;
  }

  /** Counts a call of a member, until it is taken; false where it is one too many for this minute, and nothing is counted. */
  admit(member: string): boolean {
    const now = this.#timers.now();
    const recent = (this.#rings.get(member) ?? []).filter((at) => now - at < withinMs);
    const isFine = recent.length < mostRings;
    this.#rings.set(member, isFine ? [...recent, now] : recent);
    return isFine;
  }

  /** The last call of a member was taken: it does not count. */
  forgive(member: string): void {
    this.#rings.get(member)?.pop();
  }
}
