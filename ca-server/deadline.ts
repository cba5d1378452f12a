/** How long a connection may last: each has one deadline, which a longer wait may put off. */
import type { Socket } from 'node:net';

const timers = new WeakMap<Socket, NodeJS.Timeout>();

/** Ends the connection `leftMs` from now, unless told otherwise meanwhile. */
export function setDeadline(socket: Socket, leftMs: number): void {
  clearTimeout(timers.get(socket));
  if (socket.destroyed) return;
  timers.set(
    socket,
    setTimeout(() => socket.destroy(), leftMs),
  );
}

/** Calls the deadline off. */
export function clearDeadline(socket: Socket): void {
  clearTimeout(timers.get(socket));
  timers.delete(socket);
}
