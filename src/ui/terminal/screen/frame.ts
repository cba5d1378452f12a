/** What is on the screen at one moment, as rows that fit it: a pure function of the state and the size. */

import type { CallSnapshot } from '../../../calls/call-events.js';
import type { VoicemailState } from '../../commands/voicemail.js';
import { voicemailLine } from '../../text/describe-voicemail.js';
import { cut, pad, wrap } from '../layout/cells.js';
import { rowsAt, type Scrolled } from '../layout/scroll.js';
import { cutSpans, type Row, rowText, span } from '../layout/spans.js';
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
  /** As many as the terminal has. */
  readonly rows: readonly string[];
  readonly cursor: { readonly row: number; readonly column: number };
  /** Rows that the conversation has of them. */
  readonly listHeight: number;
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
  /** The call that there is. */
  readonly call?: CallSnapshot | undefined;
  /** The voicemail that is being recorded. */
  readonly voicemail?: VoicemailState | undefined;
}

/** As many rows as the input line may take of a screen. */
export function mostInputRows({ rows }: Size): number {
  return Math.max(1, Math.min(6, Math.floor(rows / 3)));
}

/** The frame of a moment. */
export function frameOf({ state, rows, size, input, now, roundTripMs, isColored, call, voicemail }: FrameParts): Frame {
  const { columns } = size;
  const side = sidebarCells(state, columns);
  const width = columns - side;
  const { current } = state;
  const free = Math.max(0, size.rows - 2 - input.rows.length);
  // Of what is too high for the screen, the end: there stand the keys that answer.
  const asked = [
    ...offeredRows(state, columns),
    ...ringRows(call, columns),
    ...recordingRows(voicemail, columns),
    ...questionRows(state, columns),
  ];
  const question = asked.slice(Math.max(0, asked.length - free));
  const listHeight = free - question.length;
  const typing = typingRows(state, width, now).slice(0, listHeight);
  const height = listHeight - typing.length;
  const { rows: shown, isTop } = rowsAt(scrolled(state, current, rows, { width, height }), current.scroll);
  const content = isTop && hasNothingBeenSaid(current) ? welcomed(state, { shown, width, height }) : shown;
  const list = [...Array.from({ length: height - content.length }, (): Row => []), ...content, ...typing];
  const sidebar = sidebarRows(state, side, listHeight);
  const text = (row: Row): string => rowText(row, isColored);
  const above = [
    text(titleRow(state, columns)),
    ...list.map((row, index) => text(sidebar[index] ?? []) + text(row)),
    text(statusRow(state, { columns, roundTripMs, call })),
    ...question.map(text),
  ];
  return {
    rows: [...above, ...input.rows],
    cursor: { row: above.length + input.cursor.row, column: input.cursor.column },
    listHeight: height,
    isTop,
  };
}

function hasNothingBeenSaid({ items }: Talk): boolean {
  return items.all.every(({ kind }) => kind === 'notice');
}

/** What happened so far, below what to do next: as long as there is room for both, or nothing has happened. */
function welcomed(
  state: ChatState,
  { shown, width, height }: { readonly shown: readonly Row[]; readonly width: number; readonly height: number },
): readonly Row[] {
  const welcome = welcomeRows(state, width);
  if (shown.length === 0) return welcome.slice(0, height);
  return welcome.length + shown.length <= height ? [...welcome, ...shown] : shown;
}

function typingRows({ current }: ChatState, width: number, now: Date): Row[] {
  if (current.typingUntilMs <= now.getTime()) return [];
  return [[span(cut(`${current.member} is writing…`, width), 'dim')]];
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

/** What Tab offers, around the one that was chosen. */
function offeredRows({ offered }: ChatState, columns: number): Row[] {
  if (offered === undefined || offered.labels.length < 2) return [];
  const { labels, chosen = 0 } = offered;
  const spans = labels
    .slice(chosen, chosen + columns)
    .flatMap((label, index) => [
      span(label, index === 0 && offered.chosen !== undefined ? 'inverse' : 'cyan'),
      span('  '),
    ]);
  return [cutSpans(spans, columns)];
}

/** No key answers it: whoever is writing would open the microphone by a slip. */
function ringRows(call: CallSnapshot | undefined, columns: number): Row[] {
  if (call?.state !== 'ringing' || call.direction === 'out') return [];
  return [[span(pad(`${call.member} calls: /answer or /reject`, columns), ['yellow', 'bold', 'inverse'])]];
}

function recordingRows(voicemail: VoicemailState | undefined, columns: number): Row[] {
  if (voicemail === undefined) return [];
  return [[span(pad(voicemailLine(voicemail), columns), ['red', 'bold'])]];
}

function questionRows({ question }: ChatState, columns: number): Row[] {
  if (question === undefined) return [];
  return wrap(question.text, columns).map((line) => [span(pad(line, columns), ['yellow', 'bold'])]);
}
