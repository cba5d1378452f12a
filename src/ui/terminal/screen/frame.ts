/** What is on the screen at one moment, as rows that fit it: a pure function of the state and the size. */

import { cut, pad, wrap } from '../layout/cells.js';
import { rowsAt, type Scrolled } from '../layout/scroll.js';
import { type Row, rowText, span } from '../layout/spans.js';
import type { TalkRows } from '../layout/talk-rows.js';
import type { ChatState } from '../state/chat-state.js';
import type { Talk } from '../state/talk.js';
import { sidebarCells, sidebarRows } from './sidebar.js';
import { statusRow } from './status.js';
import { titleRow } from './title.js';
import { welcomeRows } from './welcome.js';

/** Cells of a terminal. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** The input line as it is shown. */
export interface ShownInput {
  readonly rows: readonly string[];
  readonly cursor: { readonly row: number; readonly column: number };
}

/** Everything that a terminal shows, each row as it is sent. */
export interface Frame {
  readonly title: string;
  /** Rows of the conversation, the lower edge last. */
  readonly list: readonly string[];
  /** Other conversations, beside it; empty where there is no room. */
  readonly sidebar: readonly string[];
  readonly sidebarCells: number;
  readonly status: string;
  readonly input: readonly string[];
  readonly cursor: { readonly x: number; readonly y: number };
  readonly height: number;
  /** Whether the oldest item that is known is shown. */
  readonly isTop: boolean;
}

/** What a frame is made of. */
export interface FrameParts {
  readonly state: ChatState;
  readonly rows: TalkRows;
  readonly size: Size;
  readonly input: ShownInput;
  readonly now: Date;
  readonly roundTripMs: number | undefined;
  readonly isColored: boolean;
}

/** As many rows as the input line may take of a screen. */
export function mostInputRows({ rows }: Size): number {
  return Math.max(1, Math.min(6, Math.floor(rows / 3)));
}

/** The frame of a moment. */
export function frameOf({ state, rows, size, input, now, roundTripMs, isColored }: FrameParts): Frame {
  const { columns } = size;
  // Ink clears the whole screen before each frame that is as high as it.
  const height = Math.max(4, size.rows - 1);
  const side = sidebarCells(state, columns);
  const width = columns - side;
  const { current } = state;
  const question = questionRows(state, columns);
  const typing =
    current.typingUntilMs > now.getTime() ? [[span(cut(`${current.member} is writing…`, width), 'dim')]] : [];
  const listHeight = Math.max(0, height - 2 - input.rows.length - question.length - typing.length);
  const what = scrolled(state, current, rows, { width, height: listHeight });
  const { rows: shown, isTop } = rowsAt(what, current.scroll);
  const list = shown.length === 0 ? welcomeRows(state, width).slice(0, listHeight) : shown;
  const text = (row: Row): string => rowText(row, isColored);
  const above = height - input.rows.length;
  return {
    title: text(titleRow(state, columns)),
    list: [...list, ...typing].map(text),
    sidebar: sidebarRows(state, side, listHeight + typing.length).map(text),
    sidebarCells: side,
    status: text(statusRow(state, { columns, roundTripMs })),
    input: [...question.map(text), ...input.rows],
    cursor: { x: input.cursor.column, y: above + input.cursor.row },
    height,
    isTop,
  };
}

/** What there is to scroll in a conversation. */
export function scrolled(
  state: ChatState,
  talk: Talk,
  rows: TalkRows,
  { width, height }: { readonly width: number; readonly height: number },
): Scrolled {
  return { items: talk.items.all, height, layOut: (index) => rows.of(talk, state.self, index, width) };
}

function questionRows({ question }: ChatState, columns: number): Row[] {
  if (question === undefined) return [];
  return wrap(question.text, columns).map((line) => [span(pad(line, columns), ['yellow', 'bold'])]);
}
