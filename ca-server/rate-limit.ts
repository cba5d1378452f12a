/**
 * How often each remote address may ask: so many at once, so many a second on average. Bounds the work that
 * one machine can cause; it is no defence of secrets, which are too long to be guessed.
 */
import { isIPv6 } from 'node:net';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** How much one address may do. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

const addressesKept = 4096;

/** Counts what each address does: `burst` in the time in which `perSecond` makes as many. */
export class RateLimit {
  readonly #limiter: RateLimiterMemory;
  /** Those that the limiter knows; the one that was quiet longest is first. */
  readonly #keys = new Set<string>();

  constructor({ perSecond, burst }: Rate) {
    this.#limiter = new RateLimiterMemory({ points: burst, duration: burst / perSecond });
  }

  /** Takes one of what an address may do; false when it has none left. */
  async take(address: string): Promise<boolean> {
    const key = keyOf(address);
    this.#keys.delete(key);
    this.#keys.add(key);
    const [oldest] = this.#keys;
    // By itself the limiter remembers as many as ask.
    if (this.#keys.size > addressesKept && oldest !== undefined) {
      this.#keys.delete(oldest);
      await this.#limiter.delete(oldest);
    }
    try {
      await this.#limiter.consume(key);
      return true;
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) return false;
      throw refusal;
    }
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
