/** Puts single messages into stores that take them many at a time. */
import type { ChangeFault } from '../../src/store/message-changes.js';
import type { Draft, Numbered } from '../../src/store/message-record.js';
import type { MessageStore, Receipt } from '../../src/store/messages.js';

/** Puts something into the outbox that may be put there. */
export async function queueOne(store: MessageStore, draft: Draft): Promise<Numbered> {
  const result = await tryToQueue(store, draft);
  if (typeof result === 'string') throw new Error(`refused: ${result}`);
  return result;
}

/** Puts something into the outbox, or tells why not. */
export async function tryToQueue(store: MessageStore, draft: Draft): Promise<Numbered | ChangeFault> {
  const [result] = await store.queue([draft]);
  if (result === undefined) throw new Error('no result');
  return result;
}

/** Stores what the peer wrote. */
export async function receiveOne(store: MessageStore, epoch: string, message: Numbered): Promise<Receipt> {
  const [receipt] = await store.receive(epoch, [message]);
  if (receipt === undefined) throw new Error('no receipt');
  return receipt;
}
