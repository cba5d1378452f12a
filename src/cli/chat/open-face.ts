/** Chooses the face of a chat: a screen where there is one, else lines. */
import type { Home } from '../../store/home.js';
import type { Settings } from '../../ui/commands/settings.js';
import type { Face } from '../../ui/face.js';
import { FaceWithWindow } from '../../ui/face-with-window.js';
import type { WebChat } from '../../ui/web-bridge/web-chat.js';
import type { Deps } from '../deps.js';
import { faceSound } from './face-sound.js';

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
  const { window, aboutWindow, isTerminal, json } = options;
  if (window !== undefined && !isTerminal && !json) return window;
  const face = await openOwnFace(options, deps);
  if (window === undefined) return face;
  if (isTerminal && aboutWindow !== undefined) face.tell(aboutWindow);
  return new FaceWithWindow(face, window);
}

/** Each is loaded only where it is used: a screen takes longer to load than a pipe is open. */
async function openOwnFace(options: FaceOptions, deps: Deps): Promise<Face> {
  const { stdin, stdout, stderr, env, clock, signal } = deps;
  const sound = faceSound(options.home, deps);
  const { isTerminal, json, plain = false, timeoutMs, settings, window } = options;
  const openWindow = window && (async () => (await window.open()).line);
  if (isTerminal && !plain && hasScreen(env)) {
    const { TerminalChat } = await import('../../ui/terminal/terminal-chat.js');
    const streams = { input: stdin, output: stdout, status: stderr };
    return new TerminalChat({ ...streams, env, clock, signal, settings, sound, openWindow });
  }
  const { PlainChat } = await import('../../ui/plain/plain-chat.js');
  const streams = { input: stdin, output: stdout, status: stderr };
  return new PlainChat({
    ...streams,
    isTerminal,
    json,
    clock,
    signal,
    settings,
    sound,
    openWindow,
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
}

/** Whether rows can be drawn on a terminal: it has said what it is, or is Windows', which never says so. */
export function hasScreen({ TERM: term }: Deps['env']): boolean {
  return term === undefined ? process.platform === 'win32' : term !== 'dumb';
}
