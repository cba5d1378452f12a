/** Durations as people read them: "0:38", "2:05:00". */

/** How long something has taken: begun seconds do not count. */
export function describePassed(durationMs: number): string {
  return inSeconds(Math.floor(durationMs / 1000));
}

/** How long something will take: begun seconds count. */
export function describeLeft(durationMs: number): string {
  return inSeconds(Math.ceil(durationMs / 1000));
}

function inSeconds(seconds: number): string {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, index) => (index === 0 ? `${part}` : `${part}`.padStart(2, '0'))).join(':');
}
