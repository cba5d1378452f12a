/** Completion by Tab: the names of commands, and what follows them. */
import { type Candidate, type Candidates, commonStart } from './candidates.js';
import type { Editor } from './editor.js';
import { pathCandidates } from './path-candidates.js';

/** A command, as far as its completion goes. */
export interface CompletedCommand {
  readonly name: string;
  /** `path`, `command`, `none`, or a kind that {@link CompletionSources.words} knows. What follows is one argument. */
  readonly argument: string;
}

/** What can be completed. */
export interface CompletionSources {
  readonly commands: readonly CompletedCommand[];
  /** All words of a kind: names, numbers, ids. They may hold spaces. */
  readonly words: (kind: string) => readonly (string | Candidate)[];
}

/** What Tab did. */
export interface Completion {
  /** What comes into question, to be shown; none where nothing does. */
  readonly candidates: readonly Candidate[];
  /** The one that stands in the line now, while Tab goes through them. */
  readonly chosen: number | undefined;
}

interface Found extends Candidates {
  /** Where in the line it is put in. */
  readonly start: number;
  /** What follows when there is but one. */
  readonly ending: string;
}

interface Offer {
  readonly found: Found;
  readonly chosen: number | undefined;
  /** The line as it was left, and where what was put in ends. */
  readonly text: string;
  readonly end: number;
}

/**
 * Finds what may be meant by the text before the cursor: the end of a command's name, or of its argument. The case of
 * words does not matter, that of paths does.
 *
 * @returns a promise only for paths
 */
export function complete(before: string, sources: CompletionSources): Found | Promise<Found> {
  const [, head = '', name, rest = ''] = /^(\/([^/\s]*)\s+)?(.*)$/s.exec(before) ?? [];
  const start = head.length;
  if (name === undefined) {
    const isCommand = /^\/[^/\s]*$/.test(before);
    const names = isCommand ? commandNames(sources) : [];
    return { start, ending: ' ', ...wordCandidates(before, names) };
  }
  const kind = sources.commands.find((command) => command.name === name)?.argument ?? 'none';
  if (kind === 'path') return pathCandidates(rest).then((candidates) => ({ start, ending: '', ...candidates }));
  const words = kind === 'command' ? commandNames(sources) : kind === 'none' ? [] : sources.words(kind);
  const isWithoutSlash = kind === 'command' && !rest.startsWith('/');
  return { start, ending: ' ', ...wordCandidates(rest, isWithoutSlash ? words.map(withoutSlash) : words) };
}

/** Completes a line again and again: first what is sure, then one candidate after the other. */
export class Completer {
  readonly #sources: CompletionSources;
  #offer: Offer | undefined;
  /** Settles when the folder is read that is being read. */
  #reading: Promise<Completion | undefined> | undefined;

  constructor(sources: CompletionSources) {
    this.#sources = sources;
  }

  /**
   * Completes what stands before the cursor: at once, except for paths. While folders are read the user may go on: a line
   * that has changed by then is left alone.
   *
   * @param step - 1 for Tab, -1 for Shift-Tab: in which direction further ones go through the candidates
   * @returns undefined where the line has changed
   */
  tab(editor: Editor, step: 1 | -1 = 1): Completion | undefined | Promise<Completion | undefined> {
    if (this.#reading !== undefined) return this.#reading.then(() => this.tab(editor, step));
    const { text, cursor } = editor;
    if (this.#offer?.text === text && this.#offer.end === cursor) return this.#next(editor, this.#offer, step);
    this.#offer = undefined;
    const found = complete(text.slice(0, cursor), this.#sources);
    if (!(found instanceof Promise)) return this.#put(editor, found);
    this.#reading = found
      .then((late) => (editor.text === text && editor.cursor === cursor ? this.#put(editor, late) : undefined))
      .finally(() => {
        this.#reading = undefined;
      });
    return this.#reading;
  }

  #put(editor: Editor, found: Found): Completion {
    const { candidates, common, ending, start } = found;
    const { cursor } = editor;
    const [only, ...others] = candidates;
    if (only === undefined) return { candidates, chosen: undefined };
    const isOnly = others.length === 0;
    const put = isOnly ? only.text + ending : common;
    if (isOnly || put.length > cursor - start) editor.replace(start, cursor, put);
    if (!isOnly) this.#offer = { found, chosen: undefined, text: editor.text, end: editor.cursor };
    return { candidates, chosen: isOnly ? 0 : undefined };
  }

  #next(editor: Editor, { found, chosen, end }: Offer, step: 1 | -1): Completion {
    const { candidates, start } = found;
    const before = chosen ?? (step === 1 ? -1 : candidates.length);
    const next = (before + step + candidates.length) % candidates.length;
    editor.replace(start, end, candidates[next]?.text ?? '');
    this.#offer = { found, chosen: next, text: editor.text, end: editor.cursor };
    return { candidates, chosen: next };
  }
}

function commandNames({ commands }: CompletionSources): string[] {
  return commands.map(({ name }) => `/${name}`).sort();
}

function withoutSlash(word: string | Candidate): string {
  return (typeof word === 'string' ? word : word.text).slice(1);
}

function wordCandidates(typed: string, words: readonly (string | Candidate)[]): Candidates {
  const candidates = words
    .map((word) => (typeof word === 'string' ? { text: word, label: word } : word))
    .filter(({ text }) => text.toLowerCase().startsWith(typed.toLowerCase()));
  return { candidates, common: commonStart(candidates.map(({ text }) => text)) };
}
