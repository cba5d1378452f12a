/** Random octets for what is public, such as serial numbers, many times a second. */

/** As much as a few hundred serial numbers take. */
const poolOctets = 4096;

/**
 * A source that asks `random` for many octets at once, which takes hardly longer than asking for a few;
 * none is given out twice. Not for keys: what is to come next waits in memory.
 */
export function poolRandom(random: (size: number) => Buffer): (size: number) => Buffer {
  let pool: Buffer = Buffer.alloc(0);
  return (size) => {
    if (size > pool.length) pool = random(Math.max(size, poolOctets));
    const octets = pool.subarray(0, size);
    pool = pool.subarray(size);
    return octets;
  };
}
