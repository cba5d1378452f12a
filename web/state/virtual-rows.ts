/** Where rows of different heights stand, of which only those in sight are drawn. Pure; heights are in pixels. */

/** A row, and how high it may be before it was drawn. */
export interface SizedRow {
  readonly key: string;
  readonly estimate: number;
  /** It may be gone when others come: nothing is held on to it. */
  readonly isFleeting?: boolean;
}

/** Which rows to draw (`end` is not one of them), and how much room the others take. */
export interface DrawnRange {
  readonly start: number;
  readonly end: number;
  readonly before: number;
  readonly after: number;
}

/** The rows of one list. */
export class VirtualRows {
  readonly #heights = new Map<string, number>();
  #rows: readonly SizedRow[] = [];
  #places = new Map<string, number>();
  /** Where each row begins; one more for the end. */
  #offsets: readonly number[] | undefined;

  /** Takes other rows; heights of those that are known by their key stay. */
  set(rows: readonly SizedRow[]): void {
    if (rows === this.#rows) return;
    this.#rows = rows;
    this.#places = new Map(rows.map(({ key }, index) => [key, index]));
    this.#offsets = undefined;
  }

  /** Notes how high a row is; whether that is new. */
  measure(key: string, height: number): boolean {
    if (this.#heights.get(key) === height) return false;
    this.#heights.set(key, height);
    this.#offsets = undefined;
    return true;
  }

  /** The room that all rows take. */
  get total(): number {
    return this.#begins().at(-1) ?? 0;
  }

  /** Where a row begins; undefined where there is none of that key. */
  offsetOf(key: string): number | undefined {
    const index = this.#places.get(key);
    return index === undefined ? undefined : this.#begins()[index];
  }

  /** The row that is at a place, or the next that stays, and how far the place is below its beginning. */
  at(place: number): { readonly key: string; readonly delta: number } | undefined {
    let index = this.#indexAt(place);
    while (this.#rows[index]?.isFleeting) index += 1;
    const row = this.#rows[index];
    return row && { key: row.key, delta: place - (this.#begins()[index] ?? 0) };
  }

  /** What to draw where `top` to `bottom` is in sight, and a margin around it. */
  range(top: number, bottom: number, margin: number): DrawnRange {
    const begins = this.#begins();
    const start = this.#indexAt(top - margin);
    const end = Math.min(this.#indexAt(bottom + margin) + 1, this.#rows.length);
    return { start, end, before: begins[start] ?? 0, after: this.total - (begins[end] ?? this.total) };
  }

  #indexAt(place: number): number {
    const begins = this.#begins();
    let [low, high] = [0, Math.max(this.#rows.length - 1, 0)];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((begins[middle] ?? 0) <= place) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #begins(): readonly number[] {
    if (this.#offsets !== undefined) return this.#offsets;
    const offsets = [0];
    let sum = 0;
    for (const { key, estimate } of this.#rows) {
      sum += this.#heights.get(key) ?? estimate;
      offsets.push(sum);
    }
    this.#offsets = offsets;
    return offsets;
  }
}
