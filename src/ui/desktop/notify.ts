/**
 * Tells a user who looks elsewhere that something was said: by the bell, and by a notification of the desktop. Few of
 * them, however much is said; never what could steer a terminal.
 */
import { spawn } from 'node:child_process';
import type { Timers } from '../../conversation/timers.js';
import type { SettingValues } from '../../store/settings.js';
import { escapeText } from '../text/escape-text.js';
import type { Desktop } from './desktop.js';
import { chooseMeans, type Notice, sequenceOf, wordsOf } from './notify-means.js';

/** What a {@link Notifier} needs. */
export interface NotifierOptions {
  readonly desktop: Pick<Desktop, 'env' | 'platform'>;
  /** Writes to the terminal. */
  readonly write: (text: string) => void;
  readonly timers: Timers;
  /** What is told now: who and what, who alone, or nothing; and whether the terminal rings. */
  readonly settings: () => Pick<SettingValues, 'notify' | 'bell'>;
  /** Runs a program that is found in `PATH`; for tests. */
  readonly run?: (program: string, words: readonly string[]) => void;
}

const intervalMs = 3_000;
const maximumCharacters = 120;
const maximumUnits = 512;
const bell = '\x07';
const programTimeoutMs = 5_000;

/** The notifications of one terminal. */
export class Notifier {
  readonly #options: NotifierOptions;
  readonly #run: (program: string, words: readonly string[]) => void;
  /** By conversation: how many messages came after the last notification, and what calls the next one off. */
  readonly #quiet = new Map<string, { count: number; readonly callOff: () => void }>();
  // A terminal that never says so is looked at.
  #isFocused = true;

  constructor(options: NotifierOptions) {
    this.#options = options;
    this.#run = options.run ?? runBriefly;
  }

  /** Says whether the user looks at the terminal: then nothing is shown. */
  set isFocused(isFocused: boolean) {
    this.#isFocused = isFocused;
    if (isFocused) this.callOff();
  }

  /**
   * Something was said, or happened.
   *
   * @param conversation - of which at most one notification is shown in 3 seconds; then how many messages came
   * @param who - as the user calls the other side
   * @param text - as it came
   */
  note(conversation: string, who: string, text: string): void {
    if (this.#isFocused) return;
    const quiet = this.#quiet.get(conversation);
    if (quiet !== undefined) quiet.count += 1;
    else this.#show(conversation, who, this.#options.settings().notify === 'on' ? text : 'a new message');
  }

  /** Shows nothing more of what was noted; to be called in the end as well. */
  callOff(): void {
    for (const { callOff } of this.#quiet.values()) callOff();
    this.#quiet.clear();
  }

  #show(conversation: string, who: string, text: string): void {
    const { desktop, write, timers, settings } = this.#options;
    const callOff = timers.after(intervalMs, () => {
      const count = this.#quiet.get(conversation)?.count ?? 0;
      this.#quiet.delete(conversation);
      if (count > 0) this.#show(conversation, who, count === 1 ? 'a new message' : `${count} new messages`);
    });
    this.#quiet.set(conversation, { count: 0, callOff });
    const notice: Notice = { title: oneLine(who), body: oneLine(text) };
    const { notify, bell: rings } = settings();
    const means = notify === 'off' ? 'none' : chooseMeans(desktop);
    const written = (rings ? bell : '') + (sequenceOf(means, notice) ?? '');
    if (written !== '') write(written);
    if (means === 'notify-send') this.#run('notify-send', wordsOf(notice));
  }
}

/** One line, nothing in it that steers, and not long. */
function oneLine(text: string): string {
  // Of a long text no more need be looked at; what is kept is far shorter.
  const line = escapeText(
    text
      .slice(0, 4 * maximumUnits)
      .trim()
      .replace(/\s+/gu, ' '),
  );
  const characters = [...new Intl.Segmenter().segment(line)].map(({ segment }) => segment);
  if (characters.length <= maximumCharacters && line.length <= maximumUnits) return line;
  let kept = '';
  for (const character of characters.slice(0, maximumCharacters - 1)) {
    // A single one may be as long as one likes, by accents.
    if (kept.length + character.length > maximumUnits) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Its output is nobody's, and where there is no such program, nothing is shown. */
function runBriefly(program: string, words: readonly string[]): void {
  const child = spawn(program, words, { stdio: 'ignore', timeout: programTimeoutMs, windowsHide: true });
  child.on('error', () => {}).unref();
}
