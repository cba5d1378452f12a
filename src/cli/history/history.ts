/** What was said with a contact, for the screen, for programs, and into a file. */
import { QTChatError } from '../../errors.js';
import { existsError } from '../../store/file-error.js';
import { readHistory, searchHistory } from '../../store/history.js';
import type { Home } from '../../store/home.js';
import { openHomeKey } from '../../store/home-key.js';
import { exists, writeFileSafely } from '../../store/private-file.js';
import { historyToJson } from '../../ui/json-history.js';
import { historyLines } from '../../ui/text/describe-history.js';
import { BusySign } from '../busy.js';
import { withContact } from '../contacts/with-contact.js';
import type { Deps } from '../deps.js';
import { writeOut } from '../write-out.js';

/** What is wanted of a history. */
export interface HistoryOptions {
  readonly who: string;
  /** Only messages that hold this, in whatever case. */
  readonly search?: string | undefined;
  /** A file to write to, which may not be there. */
  readonly path?: string | undefined;
  /** One JSON object instead of lines. */
  readonly json: boolean;
}

/** What was written. */
export interface WrittenHistory {
  readonly member: string;
  readonly count: number;
}

/**
 * Writes what was said with a contact to the output, or as JSON lines into a file of the user alone.
 *
 * @throws {QTChatError} `ERR_STORE_NO_IDENTITY`, `ERR_CONTACT_NOT_FOUND`, `ERR_STORE_DAMAGED`, `ERR_STORE_EXISTS` for the
 *   file, `ERR_USAGE` for a search for nothing, `ERR_CANCELLED`
 */
export async function writeHistory(home: Home, options: HistoryOptions, deps: Deps): Promise<WrittenHistory> {
  const { who, search, path, json } = options;
  if (search?.trim() === '')
    throw new QTChatError('ERR_USAGE', '--search is empty', { hint: 'Give a word, or leave it out' });
  return withContact(home, who, deps, async ({ contact, identity, database }) => {
    const { member } = contact;
    const speakers = { self: identity.member, peer: member };
    const cipher = await openHomeKey(home, deps);
    const counter = { count: 0 };
    const place = { database, cipher, key: { circleId: identity.circleId, ...speakers } };
    const busy = new BusySign(deps);
    let read = 0;
    const onRead = (): void => {
      read += 1;
      busy.report({ done: read });
    };
    // What is found gets lines of its own, unless they go into a file.
    const onFound = (): void => {
      if (path === undefined) busy.erase();
      else if (search === undefined) onRead();
    };
    const found = search === undefined ? readHistory(place) : searchHistory(place, search, onRead);
    const entries = counted(found, counter, onFound);
    const objects = mapped(entries, (entry) => JSON.stringify(historyToJson(entry, speakers)));
    if (path !== undefined && (await exists(path))) throw existsError(path, false);
    // Behind a pipe may be a pager, whose screen this would spoil.
    if (path !== undefined || deps.stdout.isTTY === true) busy.start('Reading messages:');
    try {
      if (path !== undefined) await writeFileSafely(path, lines(objects), { mode: 0o600, existing: 'refuse' });
      else if (json) await writeOut(deps.stdout, asObject(member, objects), deps);
      else await writeOut(deps.stdout, lines(historyLines(entries, speakers)), deps);
    } finally {
      busy.stop();
    }
    return { member, count: counter.count };
  });
}

async function* counted<Item>(
  items: AsyncIterable<Item>,
  counter: { count: number },
  onEach: () => void,
): AsyncGenerator<Item> {
  for await (const item of items) {
    onEach();
    counter.count += 1;
    yield item;
  }
}

async function* mapped<Item>(items: AsyncIterable<Item>, map: (item: Item) => string): AsyncGenerator<string> {
  for await (const item of items) yield map(item);
}

async function* lines(texts: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const text of texts) yield `${text}\n`;
}

/** One JSON object, piece by piece. */
async function* asObject(member: string, objects: AsyncIterable<string>): AsyncGenerator<string> {
  let before = `{"member":${JSON.stringify(member)},"messages":[\n`;
  for await (const object of objects) {
    yield `${before}${object}`;
    before = ',\n';
  }
  yield before === ',\n' ? '\n]}\n' : `${before}]}\n`;
}
