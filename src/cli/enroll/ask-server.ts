/**
 * Where the Auto CA is, asked of somebody who may not know it: what answers on the local network is offered. Nothing
 * follows from an answer there; the code, or the comparing of words, proves who it is.
 */
import { parseAddress } from '../../conversation/resolve-who.js';
import { defaultAutoCaPort } from '../../enroll/autoca-record.js';
import { QTChatError } from '../../errors.js';
import { type BusyDeps, whileBusy } from '../busy.js';
import type { Deps } from '../deps.js';
import { askText, type PromptDeps } from '../prompt.js';

/** What asking takes. */
export type ServerDeps = PromptDeps & BusyDeps & Pick<Deps, 'lan'>;

/** Answers come at once; those of phones asleep, within a second. */
const lanSearchMs = 2_000;

/** Where an Auto CA listens. */
export interface ServerPlace {
  readonly host: string;
  readonly port: number;
}

/**
 * Looks around, then asks.
 *
 * @throws {QTChatError} `ERR_USAGE` for what is no address, `ERR_CANCELLED`
 */
export async function askServer(deps: ServerDeps): Promise<ServerPlace> {
  const search = { type: 'qtchat-autoca', timeMs: lanSearchMs, signal: deps.signal } as const;
  const found = await whileBusy('Looking for Auto CAs on this network', deps, () => deps.lan.find(search));
  const places = found.map(({ address, port }) => `${address}:${port}`);
  const [only] = places.length === 1 ? places : [];
  for (const [index, place] of places.entries()) deps.stderr.write(`${index + 1}  ${place}\n`);
  if (places.length > 0) deps.stderr.write('These say that they are Auto CAs; whose they are is not proven by that\n');
  const choice = only === undefined ? (places.length > 1 ? ', or one of the numbers' : '') : ` (Enter for ${only})`;
  const answer = (await askText(`Address of the host${choice}`, deps)).trim();
  if (answer === '' && only === undefined) {
    throw new QTChatError('ERR_USAGE', 'no address was given', { hint: 'Ask the host; autoca serve shows it' });
  }
  return serverFrom((answer === '' ? only : places[Number(answer) - 1]) ?? answer);
}

/**
 * Reads the address of an Auto CA, with or without its port.
 *
 * @throws {QTChatError} `ERR_USAGE`
 */
export function serverFrom(text: string): ServerPlace {
  const { host, port = defaultAutoCaPort } = parseAddress(text);
  return { host, port };
}
