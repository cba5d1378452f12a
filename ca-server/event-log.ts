/**
 * The log file of an Auto CA: one JSON object a line, for its owner alone. Takes events and nothing else. Strangers
 * cause refusals, so only so many of these are written a minute; how many were left out is.
 */
import { type DestinationStream, destination, pino } from 'pino';
import { explainingWrite } from '../src/store/file-error.js';
import type { LoggedEvent } from './event.js';
import { levelOf, recordOf } from './log-record.js';

/** An open log. */
export interface EventLog {
  write(event: LoggedEvent): void;
  close(): void;
}

/** How many refusals a minute are written. */
export const refusalsPerMinute = 600;

const minuteMs = 60_000;

/**
 * Opens a log file to append to, making it with mode 0600 where it is missing. Every line is in the file when
 * {@link EventLog.write} returns. A copy that truncates the file (logrotate's `copytruncate`) may do so any time.
 *
 * @param onTrouble - told once when lines are lost, for example because the disk is full
 * @throws {QTChatError} `ERR_STORE_UNWRITABLE`, `ERR_STORE_NO_SPACE`
 */
export async function openEventLog(
  path: string,
  deps: { readonly clock: () => Date; readonly onTrouble: (reason: string) => void },
): Promise<EventLog> {
  const file = await explainingWrite(path, async () =>
    destination({ dest: path, append: true, sync: true, mode: 0o600, maxLength: 1_048_576 }),
  );
  let isInTrouble = false;
  file.on('error', ({ message }: Error) => {
    if (!isInTrouble) deps.onTrouble(message);
    isInTrouble = true;
  });
  const write = writerTo(file, deps.clock);
  return {
    write,
    close: () => file.end(),
  };
}

/** Writes events to a stream, one line each. */
export function writerTo(stream: DestinationStream, clock: () => Date): EventLog['write'] {
  const logger = pino(
    {
      base: null,
      timestamp: () => `,"at":${JSON.stringify(clock().toISOString())}`,
      formatters: { level: (level) => ({ level }) },
    },
    stream,
  );
  let minute = 0;
  let refusals = 0;
  return (event) => {
    if (event.event === 'refused') {
      const now = Math.floor(clock().getTime() / minuteMs);
      if (now !== minute) {
        if (refusals > refusalsPerMinute) logger.warn({ event: 'left-out', refusals: refusals - refusalsPerMinute });
        [minute, refusals] = [now, 0];
      }
      refusals += 1;
      if (refusals > refusalsPerMinute) return;
    }
    logger[levelOf(event)](recordOf(event));
  };
}
