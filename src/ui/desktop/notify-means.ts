/** How a notification reaches the desktop from here. Pure: decided by the environment, written as text of a terminal. */
import type { Desktop, Environment } from './desktop.js';

/** A notification, escaped and short. */
export interface Notice {
  readonly title: string;
  readonly body: string;
}

/**
 * `osc9`, `osc777` and `osc99`: by the terminal, which shows it where the user sits, also over ssh. `notify-send`: by
 * the desktop of this computer. `none`: the bell alone.
 */
export type NotifyMeans = 'osc9' | 'osc777' | 'osc99' | 'notify-send' | 'none';

// What others print as noise is written only to terminals that are known to understand it.
const osc9Programs = ['iTerm.app', 'WezTerm', 'ghostty'];

/** Decides how. */
export function chooseMeans({ env, platform }: Pick<Desktop, 'env' | 'platform'>): NotifyMeans {
  // Both keep such sequences for themselves, and what the terminal around them is may be long out of date.
  const isMultiplexed = env.TMUX !== undefined || env.STY !== undefined;
  return (isMultiplexed ? undefined : byTerminal(env)) ?? (isOwnDesktop(env, platform) ? 'notify-send' : 'none');
}

function byTerminal(env: Environment): NotifyMeans | undefined {
  const { TERM: term = '', TERM_PROGRAM: program = '' } = env;
  if (term === 'xterm-kitty' || env.KITTY_WINDOW_ID !== undefined) return 'osc99';
  if (osc9Programs.includes(program) || term === 'xterm-ghostty' || env.WT_SESSION !== undefined) return 'osc9';
  if (/^(rxvt|foot)/.test(term)) return 'osc777';
  return undefined;
}

// Over ssh the desktop of that computer is somebody else's, or nobody's.
function isOwnDesktop(env: Environment, platform: NodeJS.Platform): boolean {
  if (platform === 'darwin' || platform === 'win32' || env.SSH_CONNECTION !== undefined) return false;
  return [env.DISPLAY, env.WAYLAND_DISPLAY].some((value) => value !== undefined && value !== '');
}

const end = '\x1b\\';

/** What a terminal is sent; undefined for other means. Whatever could end it before has been escaped. */
export function sequenceOf(means: NotifyMeans, { title, body }: Notice): string | undefined {
  // Separates fields in two of them, and a number with one behind it is an order in the first (`9;4`: a progress bar).
  const name = title.replaceAll(';', ',');
  const all = body === '' ? name : `${name}: ${body}`;
  if (means === 'osc9') return `\x1b]9;${all}${end}`;
  if (means === 'osc777') return `\x1b]777;notify;${name};${body}${end}`;
  if (means !== 'osc99') return undefined;
  // https://sw.kovidgoyal.net/kitty/desktop-notifications: a click brings the window to the front.
  return `\x1b]99;i=qtchat:d=0:a=focus;${title}${end}\x1b]99;i=qtchat:d=1:p=body;${body}${end}`;
}

/** The arguments of notify-send. */
export function wordsOf({ title, body }: Notice): string[] {
  const markup: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
  // It takes backslashes of the body for escapes, as C does, before the desktop takes it for markup.
  const escaped = body.replace(/[&<>]/g, (character) => markup[character] ?? '').replaceAll('\\', '\\\\');
  return ['--app-name=qtchat', '--category=im.received', '--', title, escaped];
}
