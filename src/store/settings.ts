/** How the user likes the chat: a small file in the home, which may be missing. Everything in it can be changed with `/set`. */
import { join } from 'node:path';
import * as v from 'valibot';
import { isQTChatError, QTChatError, quote } from '../errors.js';
import type { Home } from './home.js';
import { readBoundedFile, writeFileSafely } from './private-file.js';

const schema = v.object({
  /** What a contact may send without being asked, in octets. */
  autoAcceptBytes: v.fallback(v.pipe(v.number(), v.integer(), v.minValue(0)), 100_000_000),
  /** What is told outside of the terminal when it has no keyboard: who and what, who alone, or nothing. */
  notify: v.fallback(v.picklist(['on', 'names', 'off']), 'on'),
  /** Whether the terminal rings. */
  bell: v.fallback(v.boolean(), true),
  /** Whether pictures are shown in the terminal. */
  pictures: v.fallback(v.boolean(), true),
  /** Whether it can be heard that somebody calls, and that it rings at the other side. */
  ring: v.fallback(v.boolean(), true),
  /** Whether one is muted in calls but while one talks. */
  pushToTalk: v.fallback(v.boolean(), false),
  /** Whether noise is taken out of what the microphone hears in calls. */
  noiseSuppression: v.fallback(v.boolean(), false),
  /** The microphone and the speaker of calls, by name; the system's choice where they are left out. */
  input: v.fallback(v.optional(v.string()), undefined),
  output: v.fallback(v.optional(v.string()), undefined),
});

/** What can be set. */
export type SettingValues = v.InferOutput<typeof schema>;

const limitBytes = 65_536;

/**
 * The settings of a home; what is not set, or makes no sense to this version, is as it is by default.
 *
 * @throws {QTChatError} `ERR_STORE_DAMAGED`, `ERR_STORE_UNREADABLE`
 */
export async function loadSettings(home: Home): Promise<SettingValues> {
  const path = settingsFile(home);
  let text = '{}';
  try {
    text = (await readBoundedFile(path, undefined, limitBytes)).toString('utf8');
  } catch (error) {
    if (!isQTChatError(error) || error.code !== 'ERR_STORE_NOT_FOUND') throw error;
  }
  try {
    return v.parse(schema, JSON.parse(text));
  } catch (error) {
    throw new QTChatError('ERR_STORE_DAMAGED', `${quote(path)} holds no settings`, {
      hint: 'Delete it: everything is then as it is by default',
      cause: error,
    });
  }
}

/** Keeps settings. */
export async function saveSettings(home: Home, values: SettingValues): Promise<void> {
  await writeFileSafely(settingsFile(home), `${JSON.stringify(values, null, 2)}\n`, {
    mode: 0o600,
    existing: 'replace',
  });
}

function settingsFile(home: Home): string {
  return join(home.folder, 'settings.json');
}
