/** Chooses the face of a chat: a screen where there is one, else lines. */
import type { Home } from '../../store/home.js';
import type { Settings } from '../../ui/commands/settings.js';
import type { Face } from '../../ui/face.js';
import { FaceWithWindow, type StartWindow } from '../../ui/face-with-window.js';
import type { WebChat } from '../../ui/web-bridge/web-chat.js';
import type { Deps } from '../deps.js';
import { faceSound } from './face-sound.js';
import { openWindow } from './window.js';

/** What a face is chosen by. */
export interface FaceOptions {
  readonly home: Home;
  readonly isTerminal: boolean;
  readonly json: boolean;
  readonly plain?: boolean;
  readonly timeoutMs?: number | undefined;
  readonly settings: Settings;
  /** The window that is open beside it, or alone. */
  readonly window?: WebChat | undefined;
  /** What a terminal beside it says about it at first. */
  readonly aboutWindow?: string | undefined;
}

/** Opens the face that fits, beside the window where there is one. The window alone needs no terminal, and reads no input. */
export async function openFace(options: FaceOptions, deps: Deps): Promise<Face> {
  const { window, aboutWindow, isTerminal, json, home, settings } = options;
  if (window !== undefined && !isTerminal && !json) return window;
  const open = await ownFace(options, deps);
  if (window === undefined && !isTerminal) return open();
  // Who sits at a terminal can have the window opened later, too.
  const start: StartWindow = (files) => openWindow(home, { opensBrowser: true }, settings, deps, files);
  return new FaceWithWindow(
    (openIt) => {
      const face = open(openIt);
      if (isTerminal && aboutWindow !== undefined) face.tell(aboutWindow);
      return face;
    },
    start,
    window,
  );
}

/** Each is loaded only where it is used: a screen takes longer to load than a pipe is open. */
async function ownFace(options: FaceOptions, deps: Deps): Promise<(openWindow?: () => Promise<string>) => Face> {
  const { stdin, stdout, stderr, env, clock, signal } = deps;
  const { home, isTerminal, json, plain = false, timeoutMs, settings } = options;
  const common = {
    input: stdin,
    output: stdout,
    status: stderr,
    clock,
    signal,
    settings,
    sound: faceSound(home, deps),
  };
  if (isTerminal && !plain && hasScreen(env)) {
    const { TerminalChat } = await import('../../ui/terminal/terminal-chat.js');
    return (openWindow) => new TerminalChat({ ...common, env, openWindow });
  }
  const { PlainChat } = await import('../../ui/plain/plain-chat.js');
  const timeout = timeoutMs === undefined ? {} : { timeoutMs };
  return (openWindow) => new PlainChat({ ...common, isTerminal, json, openWindow, ...timeout });
}

/** Whether rows can be drawn on a terminal: it has said what it is, or is Windows', which never says so. */
export function hasScreen({ TERM: term }: Deps['env']): boolean {
  return term === undefined ? process.platform === 'win32' : term !== 'dumb';
}
