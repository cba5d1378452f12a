/** Up and down go from message to message, Home and End to the first and last of those in sight. */

export function moveFocus(event: KeyboardEvent, list: HTMLOListElement | null): void {
  const { key, target } = event;
  if (list === null || !(target instanceof HTMLElement) || target.closest('input, video, audio')) return;
  if (key !== 'ArrowUp' && key !== 'ArrowDown') return;
  const stops = [...list.querySelectorAll<HTMLElement>('.entry')];
  const current = stops.findIndex((stop) => stop.contains(target));
  const next = current < 0 ? stops.at(-1) : stops[current + (key === 'ArrowUp' ? -1 : 1)];
  if (next === undefined) return;
  event.preventDefault();
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: 'nearest' });
}
