/**
 * How often each remote address may ask: so many at once, so many a second on average. Bounds the work that
 * one machine can cause; it is no defence of secrets, which are too long to be guessed.
 */
import { isIPv6 } from 'node:net';

/** How much one address may do. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

const addressesKept = 4096;

/**
 * A bucket of `burst` for each address, which `perSecond` fill again: nobody ever does more than `burst` and, for each
 * second that passes, `perSecond`. Windows that begin anew would let twice the burst through at once at their edges.
 */
export class RateLimit {
  readonly #fillMs: number;
  readonly #tokenMs: number;
  readonly #nowMs: () => number;
  /** When the bucket of each address is full again; the one that was quiet longest is first. */
  readonly #fullAtMs = new Map<string, number>();

  /** @param nowMs - a clock that is never put back or forward */
  constructor({ perSecond, burst }: Rate, nowMs: () => number = () => performance.now()) {
    this.#tokenMs = 1000 / perSecond;
    this.#fillMs = burst * this.#tokenMs;
    this.#nowMs = nowMs;
  }

  /** Takes one of what an address may do; false when it has none left. */
  take(address: string): boolean {
    const key = keyOf(address);
    const now = this.#nowMs();
    const before = Math.max(this.#fullAtMs.get(key) ?? now, now);
    const after = before + this.#tokenMs;
    // A thousandth of a token is forgiven, for sums of fractions are not exact.
    const isAllowed = after - now <= this.#fillMs + this.#tokenMs / 1000;
    this.#fullAtMs.delete(key);
    this.#fullAtMs.set(key, isAllowed ? after : before);
    const [oldest] = this.#fullAtMs.keys();
    if (this.#fullAtMs.size > addressesKept && oldest !== undefined) this.#fullAtMs.delete(oldest);
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
