/** `chat`: opens the conversation of a home on this terminal, or as a filter, until it ends. */
import { openConversation } from '../../conversation/conversation.js';
import { parseListen } from '../../conversation/listen-at.js';
import type { ConversationOptions } from '../../conversation/options.js';
import { takeOwnKey } from '../../enroll/own-key.js';
import { QTChatError } from '../../errors.js';
import { downloadsFolder, type Home } from '../../store/home.js';
import { listIdentities } from '../../store/identities.js';
import { announceRunning } from '../../store/running.js';
import { loadSettings, saveSettings } from '../../store/settings.js';
import { Settings } from '../../ui/commands/settings.js';
import { confirmQuestion } from '../../ui/text/confirm-question.js';
import { parseSize } from '../../ui/text/size.js';
import type { Deps } from '../deps.js';
import { type OpenIdentity, openAhead } from '../identity/open-identity.js';
import { type FaceOptions, openFace } from './open-face.js';
import { joinInWindow, openWindow, type WindowOptions } from './window.js';

/** How to talk. */
export interface TalkOptions {
  readonly openIdentity: OpenIdentity;
  /** Whom to dial, the one whom the chat is with first; only to wait when there are none. */
  readonly peers?: readonly string[] | undefined;
  /** Value of `--listen`. */
  readonly listen?: string | undefined;
  /** Value of `--quota`. */
  readonly quota?: string | undefined;
  /** Lets members find us by name. */
  readonly announce?: boolean;
  /** Without a terminal: how long the peer may be away. */
  readonly timeoutMs?: number | undefined;
  readonly requireFreshCrl: boolean;
  /** Meets nobody without post-quantum key agreement. */
  readonly requirePostQuantum?: boolean;
  /** Events as JSON lines, whatever the streams are. */
  readonly json: boolean;
  /** Lines instead of a screen. */
  readonly plain?: boolean;
  /** The microphone and the speaker of calls, by name; as `/devices` has chosen where they are left out. */
  readonly input?: string | undefined;
  readonly output?: string | undefined;
  /** The window in the browser, beside the terminal or alone. */
  readonly window?: WindowOptions | undefined;
  /** Told when the host's key could not be replaced. */
  readonly note: (line: string) => void;
  /** Gets a way to show lines around the prompt, once there is one. */
  readonly onScreen?: (tell: (line: string) => void) => void;
}

/**
 * Talks until the user leaves, the signal aborts, or the input has ended and all is delivered.
 *
 * @throws {QTChatError} `ERR_STORE_NO_IDENTITY`; what listening and the conversation throw
 */
export async function talk(home: Home, options: TalkOptions, deps: Deps): Promise<void> {
  const settings = new Settings(await loadSettings(home), (values) => saveSettings(home, values));
  const { window: wanted, ...rest } = options;
  if (wanted === undefined) {
    await converse(home, { ...rest, settings }, deps);
    return;
  }
  // Nobody in the window could be asked for a password.
  await openAhead(home, options.openIdentity);
  const window = await openWindow(home, wanted, settings, deps);
  try {
    const { stdout } = deps;
    const { url, line } = await window.open();
    const json = { event: 'window', url, at: deps.clock().toISOString() };
    // A screen that comes would hide it, and says it itself.
    const isHidden = isOnTerminal(options, deps) && (await listIdentities(home)).length > 0;
    if (!isHidden) stdout.write(options.json ? `${JSON.stringify(json)}\n` : `${line}\n`);
    const aboutWindow = isHidden ? line : undefined;
    if (await joinInWindow(home, window, deps)) await converse(home, { ...rest, settings, window, aboutWindow }, deps);
  } finally {
    await window.close();
  }
}

type ConverseOptions = Omit<TalkOptions, 'window'> & Pick<FaceOptions, 'settings' | 'window' | 'aboutWindow'>;

async function converse(home: Home, options: ConverseOptions, deps: Deps): Promise<void> {
  const { clock, random, signal, lan } = deps;
  const {
    peers: [peer, ...others] = [],
    announce = false,
    json,
    requireFreshCrl,
    requirePostQuantum = false,
    onScreen,
    settings,
    window,
  } = options;
  const { identity, trouble } = await takeOwnKey(home, await options.openIdentity(), { clock, signal });
  if (trouble !== undefined && !json) options.note(`Your key is still the host's: ${trouble.message}`);
  const listen = parseListen(options.listen);
  const quota = options.quota === undefined ? {} : { bytes: parseSize(options.quota, '--quota') };
  const isTerminal = isOnTerminal(options, deps);
  // A filter has nobody to ask, and nobody who could answer.
  const isAttended = isTerminal || json || window !== undefined;
  const face = await openFace({ ...options, home, isTerminal }, deps);
  try {
    onScreen?.((line) => face.tell(line));
    const conversation = await openConversation({
      home,
      quota,
      identity,
      clock,
      random,
      signal,
      lan,
      listen,
      announce,
      keepIdentity: {},
      requireFreshCrl,
      requirePostQuantum,
      capabilities: ['text', 'files'],
      downloads: downloadsFolder(home),
      decideOffer: ({ sizeBytes }) =>
        sizeBytes <= settings.values.autoAcceptBytes ? 'accept' : isAttended ? 'ask' : 'too-large',
      onEvent: (event) => face.onEvent(event),
      ...(isAttended && (await callOptions(settings, deps))),
      // Those of a window are heard in the browser.
      takesCalls: window !== undefined,
      ...(peer !== undefined && { who: peer, alsoDial: others }),
      ...((isTerminal || window !== undefined) && {
        confirmPeer: (found, who, ended) => face.confirm(confirmQuestion(found, who), ended),
      }),
    });
    const { input = settings.values.input, output = settings.values.output } = options;
    await conversation.calls.useDevices({ input, output });
    // Others have no key to talk by.
    conversation.calls.pushToTalk(isTerminal && settings.values.pushToTalk);
    const port = conversation.listeningPort ?? 0;
    const withdraw = await announceRunning(home, { service: 'chat', pid: process.pid, port });
    try {
      await face.run(conversation);
    } finally {
      await withdraw();
      await conversation.close();
    }
  } finally {
    await face.close();
  }
}

function isOnTerminal({ json }: Pick<TalkOptions, 'json'>, { stdin, stdout }: Deps): boolean {
  return stdin.isTTY === true && stdout.isTTY === true && !json;
}

async function callOptions(
  settings: Settings,
  { sound }: Deps,
): Promise<Pick<ConversationOptions, 'openMedia' | 'noMedia'>> {
  const media = await sound();
  if (media instanceof QTChatError) return { noMedia: media };
  return { openMedia: (options) => media({ ...options, noiseSuppression: settings.values.noiseSuppression }) };
}
