/**
 * The media process: it alone holds WebRTC and the sound card, whose native code prints, blocks and crashes. It does what
 * its parent asks (wire.ts), one thing in its life, and ends with it, however that ends.
 */
import { constants, setPriority } from 'node:os';
import { messageOf, toPlainError } from '../../errors.js';
import { MediaWork } from './media-work.js';
import { type MediaReport, parseRequest } from './wire.js';

const work = new MediaWork((event) => report({ type: 'event', event }));

// Ctrl-C reaches the whole group: the parent decides when it is over.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
// WebRTC crashes when a process that used it ends by itself, and an exit waits for ever for devices that got lost.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', (message: unknown) => void answer(message));
try {
  // Sound that comes late is lost.
  setPriority(constants.priority.PRIORITY_ABOVE_NORMAL);
} catch {
  // Seldom permitted, and not needed.
}

async function answer(message: unknown): Promise<void> {
  const request = parseRequest(message);
  if (request === undefined) return;
  const { id, task } = request;
  try {
    report({ type: 'done', id, ...(await work.perform(task)) });
    if (task.type === 'close') process.disconnect?.();
  } catch (error) {
    report({ type: 'refused', id, error: toPlainError(error, `WebRTC refused it: ${messageOf(error).slice(0, 200)}`) });
  }
}

function report(report: MediaReport): void {
  if (process.connected) process.send?.(report);
}
