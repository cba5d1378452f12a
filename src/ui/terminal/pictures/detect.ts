/** Which pictures a terminal can show: what to ask it, what its replies mean, and what follows from them and the environment. */
import { QTChatError, quote } from '../../../errors.js';
import type { PictureProtocol, Size, TextColors } from './picture.js';

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a terminal has said of itself. */
export interface TerminalFacts {
  /** It knows kitty's protocol, though perhaps not placeholders. */
  readonly hasKittyGraphics?: boolean;
  readonly hasSixel?: boolean;
  /** Name and version, as it has them. */
  readonly name?: string;
  /** A cell in pixels. */
  readonly cell?: Size;
  /** Its background as `#rrggbb`. */
  readonly background?: string;
  /** It has answered the last question: nothing more will come. */
  readonly isAnswered?: boolean;
}

/** How pictures are to be shown. */
export interface PictureMeans {
  readonly protocol: PictureProtocol;
  readonly colors: TextColors;
  readonly cell?: Size;
  readonly background?: string;
}

const protocols: readonly PictureProtocol[] = ['kitty', 'iterm2', 'sixel', 'blocks', 'none'];

// A picture of one pixel, only to be judged; the size of a cell; name and version; the background; and last what every
// terminal answers (DA1), so that nobody waits for those that answer nothing else.
const query = '\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[16t\x1b[>0q\x1b]11;?\x1b\\\x1b[c';

/**
 * What to write to the terminal; its replies go to {@link learn}. Empty where replies would change nothing, or where the
 * question itself would be seen.
 *
 * @throws {QTChatError} `ERR_USAGE` where QTCHAT_PICTURES is none of its values
 */
export function pictureQuery(environment: Environment): string {
  const { TERM: term = '', TERM_PROGRAM: program } = environment;
  const isPrinting = ['', 'dumb', 'linux'].includes(term) || program === 'Apple_Terminal';
  const setting = settingOf(environment);
  const isSettled =
    setting === 'none' || (setting === undefined && (isColorless(environment) || isMultiplexed(environment)));
  return isPrinting || isSettled ? '' : query;
}

/** What is known with one more reply; other replies add nothing. */
export function learn(facts: TerminalFacts, reply: string): TerminalFacts {
  if (/_Gi=31[^;]*;OK/.test(reply)) return { ...facts, hasKittyGraphics: true };
  const [, height, width] = /\[6;(\d{1,3});(\d{1,3})t/.exec(reply) ?? [];
  if (height !== undefined && width !== undefined) return { ...facts, ...cellOf(Number(width), Number(height)) };
  const [, name] = /P>\|([ -~]{1,100})/.exec(reply) ?? [];
  if (name !== undefined) return { ...facts, name };
  const [, ...channels] = /\]11;rgba?:([\da-f]{2,4})\/([\da-f]{2,4})\/([\da-f]{2,4})/i.exec(reply) ?? [];
  if (channels.length > 0) return { ...facts, background: `#${channels.map((text) => text.slice(0, 2)).join('')}` };
  const [, attributes] = /\[\?([\d;]+)c/.exec(reply) ?? [];
  if (attributes === undefined) return facts;
  return { ...facts, hasSixel: attributes.split(';').includes('4'), isAnswered: true };
}

/**
 * How pictures are shown in this terminal. Without replies: by half blocks.
 *
 * @throws {QTChatError} `ERR_USAGE` where QTCHAT_PICTURES is none of its values
 */
export function choosePictures(environment: Environment, facts: TerminalFacts = {}): PictureMeans {
  const { cell, background } = facts;
  return {
    protocol: settingOf(environment) ?? protocolOf(environment, facts),
    colors: hasTrueColor(environment, facts) ? 'truecolor' : '256',
    ...(cell !== undefined && { cell }),
    ...(background !== undefined && { background }),
  };
}

function settingOf({ QTCHAT_PICTURES: setting }: Environment): PictureProtocol | undefined {
  if (setting === undefined || setting === '') return undefined;
  const protocol = protocols.find((name) => name === setting);
  if (protocol !== undefined) return protocol;
  throw new QTChatError('ERR_USAGE', `QTCHAT_PICTURES is ${quote(setting)}; expected ${protocols.join(', ')}`);
}

function protocolOf(environment: Environment, facts: TerminalFacts): PictureProtocol {
  if (isColorless(environment)) return 'none';
  const name = nameOf(environment, facts);
  if (isMultiplexed(environment) || /^(tmux|screen)/i.test(name)) return 'blocks';
  // Others know kitty's protocol without placeholders, and would show the characters.
  if (facts.hasKittyGraphics && /^(xterm-)?(kitty|ghostty)/i.test(name)) return 'kitty';
  if (/^(iterm|wezterm)/i.test(name)) return 'iterm2';
  // It is drawn in pixels, so that their number must be known.
  if (facts.hasSixel && facts.cell !== undefined) return 'sixel';
  return 'blocks';
}

function nameOf(
  { TERM_PROGRAM: program, LC_TERMINAL: remote, TERM: term }: Environment,
  { name }: TerminalFacts,
): string {
  return name ?? program ?? remote ?? term ?? '';
}

function hasTrueColor(environment: Environment, facts: TerminalFacts): boolean {
  const { COLORTERM: colors = '', TERM: term = '', WT_SESSION: windowsTerminal } = environment;
  if (/^(truecolor|24bit)$/i.test(colors) || term.endsWith('-direct') || windowsTerminal !== undefined) return true;
  return /^(xterm-)?(kitty|ghostty|iterm|wezterm|foot|vscode|mintty|konsole|contour|rio|alacritty)/i.test(
    nameOf(environment, facts),
  );
}

/** https://no-color.org, and terminals without any. */
function isColorless({ NO_COLOR: noColor, TERM: term }: Environment): boolean {
  return (noColor !== undefined && noColor !== '') || term === 'dumb';
}

function isMultiplexed({ TMUX: tmux, STY: screen, TERM: term = '' }: Environment): boolean {
  return Boolean(tmux) || Boolean(screen) || /^(tmux|screen)/.test(term);
}

function cellOf(width: number, height: number): Pick<TerminalFacts, 'cell'> {
  const isPlausible = [width, height].every((value) => value >= 2 && value <= 200);
  return isPlausible ? { cell: { width, height } } : {};
}
