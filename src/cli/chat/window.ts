/** The window of a chat, as the command line opens it; who has no identity yet joins a circle there. */
import { byInvite } from '../../enroll/by-invite.js';
import { parseInvite } from '../../enroll/invite.js';
import type { Home } from '../../store/home.js';
import { listIdentities } from '../../store/identities.js';
import type { FileBook } from '../../ui/commands/file-book.js';
import type { Settings } from '../../ui/commands/settings.js';
import type { JoinByInvite } from '../../ui/web-bridge/first-run.js';
import type { WebChat } from '../../ui/web-bridge/web-chat.js';
import { BusySign } from '../busy.js';
import type { Deps } from '../deps.js';
import { join } from '../enroll/join.js';

/** How the window is opened. */
export interface WindowOptions {
  /** Whether the browser is opened, or the link only told. */
  readonly opensBrowser: boolean;
}

/**
 * Opens it: a link to it can be made from now on.
 *
 * @param files - those that are known already
 */
export async function openWindow(
  home: Home,
  { opensBrowser }: WindowOptions,
  settings: Settings,
  { clock, random, signal }: Deps,
  files?: FileBook,
): Promise<WebChat> {
  // Nobody else waits for a server to load.
  const { WebChat } = await import('../../ui/web-bridge/web-chat.js');
  return WebChat.start({ home, clock, random, signal, settings, opensBrowser, ...(files !== undefined && { files }) });
}

/**
 * Lets the user join a circle in the window, where the home has no identity; returns at once where it has.
 *
 * @returns whether there is one now; not where the signal has aborted before
 */
export async function joinInWindow(home: Home, window: WebChat, deps: Deps): Promise<boolean> {
  const hasOne = async (): Promise<boolean> => (await listIdentities(home)).length > 0;
  if (await hasOne()) return true;
  await window.untilJoined(joinByInvite(home, deps));
  return hasOne();
}

function joinByInvite(home: Home, deps: Deps): JoinByInvite {
  return async (invite, tell) => {
    const way = byInvite(parseInvite(invite));
    tell('Talking to the host');
    const joining = { ...deps, busy: new BusySign(deps) };
    const { line, notes } = await join(home, way, { localKey: false, keepServerKey: false, force: false }, joining);
    for (const one of [line, ...notes.filter((note) => !note.startsWith('Next:'))]) tell(one);
  };
}
