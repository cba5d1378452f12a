/** The discrete Fourier transform. */

const twiddles = new Map<number, readonly [Float64Array, Float64Array]>();

/** Transforms in place; the length is a power of two. With the imaginary part negated before and after it goes back, times the length. */
export function fft(re: Float64Array, im: Float64Array): void {
  const length = re.length;
  for (let index = 1, reversed = 0; index < length; index++) {
    let bit = length >> 1;
    for (; reversed & bit; bit >>= 1) reversed ^= bit;
    reversed ^= bit;
    if (index >= reversed) continue;
    const [a, b] = [re[index] ?? 0, im[index] ?? 0];
    re[index] = re[reversed] ?? 0;
    im[index] = im[reversed] ?? 0;
    re[reversed] = a;
    im[reversed] = b;
  }
  const [cosines, sines] = twiddlesOf(length);
  for (let size = 2; size <= length; size *= 2) {
    const half = size / 2;
    const stride = length / size;
    for (let start = 0; start < length; start += size) {
      for (let turn = 0; turn < half; turn++) {
        const wr = cosines[turn * stride] ?? 0;
        const wi = sines[turn * stride] ?? 0;
        const at = start + turn;
        const br = re[at + half] ?? 0;
        const bi = im[at + half] ?? 0;
        const tr = br * wr - bi * wi;
        const ti = br * wi + bi * wr;
        re[at + half] = (re[at] ?? 0) - tr;
        im[at + half] = (im[at] ?? 0) - ti;
        re[at] = (re[at] ?? 0) + tr;
        im[at] = (im[at] ?? 0) + ti;
      }
    }
  }
}

function twiddlesOf(length: number): readonly [Float64Array, Float64Array] {
  const known = twiddles.get(length);
  if (known !== undefined) return known;
  const angles = Float64Array.from({ length: length / 2 }, (_, turn) => (-2 * Math.PI * turn) / length);
  const made = [angles.map(Math.cos), angles.map(Math.sin)] as const;
  twiddles.set(length, made);
  return made;
}
