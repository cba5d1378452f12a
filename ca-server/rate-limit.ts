/**
 * How often each remote address may ask: so many at once, so many a second on average. Bounds the work that
 * one machine can cause; it is no defence of secrets, which are too long to be guessed.
 */
import { isIPv6 } from 'node:net';
import { TokenBucket } from 'limiter';

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
  readonly #rate: Rate;
  /** The address that was quiet longest is first. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** Takes one of what an address may do; false when it has none left. */
  take(address: string): boolean {
    const key = keyOf(address);
    const bucket = this.#buckets.get(key) ?? fullBucket(this.#rate);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > addressesKept && oldest !== undefined) this.#buckets.delete(oldest);
    return bucket.tryRemoveTokens(1);
  }
}

function fullBucket({ perSecond, burst }: Rate): TokenBucket {
  const bucket = new TokenBucket({ bucketSize: burst, tokensPerInterval: perSecond, interval: 'second' });
  bucket.content = burst;
  return bucket;
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
