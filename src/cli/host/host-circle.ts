/** `host`: the steps from nothing to the chat, in order; those that are done are left out. How the Auto CA runs is handed in. */
import { parseListen } from '../../conversation/listen-at.js';
import { parseMemberName } from '../../pki/member-name.js';
import { currentMember, type Home } from '../../store/home.js';
import { listRunning } from '../../store/running.js';
import { hasScreen } from '../chat/open-face.js';
import { talk } from '../chat/talk.js';
import type { Deps } from '../deps.js';
import { type OpenIdentity, openAhead } from '../identity/open-identity.js';
import { askText } from '../prompt.js';
import { hostIdentity } from './host-identity.js';
import { hostInvite } from './host-invite.js';

/** How to host. */
export interface HostOptions {
  /** Of the first guest, as typed. */
  readonly name: string | undefined;
  /** Of this machine, where it was given. */
  readonly address: string | undefined;
  /** Value of `--listen`. */
  readonly listen: string | undefined;
  /** Opens the identity of a home that has one already. */
  readonly openIdentity: OpenIdentity;
  /** Gets the line for the guest. */
  readonly print: (line: string) => void;
  readonly note: (line: string) => void;
  /** Makes the CA if need be and starts the Auto CA; `say` shows lines also while the chat is open. */
  readonly serve: (say: (line: string) => void) => Promise<{ close(): Promise<void> }>;
}

/**
 * Hosts until the chat is left, which ends the Auto CA that was started.
 *
 * @throws {QTChatError} what the steps throw
 */
export async function hostCircle(home: Home, options: HostOptions, deps: Deps): Promise<void> {
  const { address, listen, openIdentity, print, note } = options;
  const name = options.name === undefined ? undefined : parseMemberName(options.name);
  parseListen(listen);
  if ((await currentMember(home)) !== undefined) await openAhead(home, openIdentity);
  // Around the prompt while the chat is open.
  let tell = note;
  const runsAlready = (await listRunning(home)).some(({ service }) => service === 'autoca');
  if (runsAlready) note('The Auto CA runs already');
  const served = runsAlready ? undefined : await options.serve((line) => tell(line));
  try {
    await hostIdentity(home, { address, say: note }, deps);
    const isInviteShown = await hostInvite(home, { name, print, say: note }, deps);
    // The chat takes the whole screen, and the invite is to be copied, or photographed.
    if (isInviteShown && hasScreen(deps.env)) {
      await askText('Enter opens the chat; the invite serves meanwhile, and is here again when you leave', deps);
    }
    const onScreen = (around: typeof tell): void => {
      tell = around;
    };
    await talk(home, { openIdentity, listen, json: false, requireFreshCrl: false, note, onScreen }, deps);
  } finally {
    tell = note;
    await served?.close();
  }
  if (served !== undefined) note('Auto CA: stopped. Next time: qtchat host');
}
