/**
 * A bucket of tokens for each remote address: so many at once, so many a second. Bounds the work that
 * one machine can cause; it is no defence of secrets, which are too long to be guessed.
 */
import { isIPv6 } from 'node:net';

/** How much one address may do. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

const bucketsKept = 4096;

/** Counts what each address does. */
export class RateLimit {
  readonly #rate: Rate;
  readonly #clock: () => Date;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(rate: Rate, clock: () => Date) {
    this.#rate = rate;
    this.#clock = clock;
  }

  /** Takes one token; false when the address has none left. */
  take(address: string): boolean {
    const key = keyOf(address);
    const now = this.#clock().getTime();
    const { tokens, at } = this.#buckets.get(key) ?? { tokens: this.#rate.burst, at: now };
    const refilled = (Math.max(0, now - at) / 1000) * this.#rate.perSecond;
    const available = Math.min(this.#rate.burst, tokens + refilled);
    const isAllowed = available >= 1;
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: isAllowed ? available - 1 : available, at: now });
    // The address that was quiet longest is forgotten first.
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > bucketsKept && oldest !== undefined) this.#buckets.delete(oldest);
    return isAllowed;
  }
}

// Whoever has one IPv6 address usually has its whole /64.
function keyOf(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address;
  const [head = ''] = address.split('%');
  const [front = '', back] = head.split('::');
  const groups = front === '' ? [] : front.split(':');
  const missing = back === undefined ? 0 : 8 - groups.length - (back === '' ? 0 : back.split(':').length);
  return [...groups, ...Array<string>(missing).fill('0')].slice(0, 4).join(':');
}
