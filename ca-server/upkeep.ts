/** What the Auto CA does once a day whatever its guests do: it removes from the ledger what nobody needs any more. */
import { messageOf } from '../src/errors.js';
import { compactLedger } from '../src/ledger/compact.js';
import { removeEndedFiles } from '../src/ledger/links.js';
import { dayMs } from '../src/pki/day.js';
import type { AutoCa } from './auto-ca.js';

/**
 * Does it now, and then again and again until the function it resolves with is called.
 *
 * @param everyMs - a day when left out
 * @throws {QTChatError} what the ledger throws at the first time; later the log tells
 */
export async function startUpkeep(
  { ledger, deps, log }: Pick<AutoCa, 'ledger' | 'deps' | 'log'>,
  everyMs = dayMs,
): Promise<() => Promise<void>> {
  const keepUp = async (): Promise<void> => {
    await removeEndedFiles(ledger, deps);
    await compactLedger(ledger, deps);
  };
  const report = (error: unknown): void => {
    const reason = messageOf(error);
    log({ event: 'failed', address: 'here', reason, requestId: 'upkeep' });
  };
  await keepUp();
  let underWay: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    underWay = keepUp().catch(report);
  }, everyMs);
  return async () => {
    clearInterval(timer);
    await underWay;
  };
}
