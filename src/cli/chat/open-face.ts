/** Chooses the face of a chat: a screen where there is one, else lines. */
import type { Settings } from '../../ui/commands/settings.js';
import type { Face } from '../../ui/face.js';
import type { Deps } from '../deps.js';

/** What a face is chosen by. */
export interface FaceOptions {
  readonly isTerminal: boolean;
  readonly json: boolean;
  readonly plain?: boolean;
  readonly timeoutMs?: number | undefined;
  readonly settings: Settings;
}

/** Opens the face that fits. Each is loaded only where it is used: a screen takes longer to load than a pipe is open. */
export async function openFace(options: FaceOptions, deps: Deps): Promise<Face> {
  const { stdin, stdout, stderr, env, clock, signal } = deps;
  const { isTerminal, json, plain = false, timeoutMs, settings } = options;
  if (isTerminal && !plain && hasScreen(env)) {
    const { TerminalChat } = await import('../../ui/terminal/terminal-chat.js');
    return new TerminalChat({ input: stdin, output: stdout, status: stderr, env, clock, signal, settings });
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
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
}

/** Whether rows can be drawn on a terminal: it has said what it is, or is Windows', which never says so. */
export function hasScreen({ TERM: term }: Deps['env']): boolean {
  return term === undefined ? process.platform === 'win32' : term !== 'dumb';
}
