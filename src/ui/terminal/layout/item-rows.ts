/**
 * One item as rows of a given width: when, how far it has come, who, and what, with all rows of it behind the same margin.
 * Everything that peers chose is escaped here.
 */
import { isVoicemailName } from '../../../calls/voicemail/name.js';
import type { BookedFile } from '../../commands/file-book.js';
import { callOutcome } from '../../text/describe-call.js';
import { localTime, markOf, type Speakers } from '../../text/describe-history.js';
import { describeLeft } from '../../text/duration.js';
import { escapeText } from '../../text/escape-text.js';
import { describeSize } from '../../text/size.js';
import type { FileItem, Item, MessageItem, NoticeItem } from '../state/items.js';
import { cut, wrap } from './cells.js';
import { cutSpans, type Row, type Span, type Style, span, widthOf } from './spans.js';

/** "21:05 ✓✓ ", and room for nothing else. */
export const marginCells = 9;
const margin = span(' '.repeat(marginCells));
/** What a message may have on the screen; longer ones are read with `history`. */
const mostRows = 200;
/** More characters than fit into so many rows of any terminal. */
const mostCharacters = 32_768;
const barCells = 12;

/** The rows of an item, each at most `width` cells. */
export function itemRows(item: Item, who: Speakers, width: number): Row[] {
  switch (item.kind) {
    case 'message':
      return messageRows(item, who, width);
    case 'file':
      return fileRows(item, who, width);
    case 'call': {
      const { at, direction, outcome } = item;
      return noticeRows({ at, text: callOutcome(who.peer, direction, outcome), isError: outcome.missed }, width);
    }
    case 'notice':
      return noticeRows(item, width);
  }
}

function messageRows(item: MessageItem, who: Speakers, width: number): Row[] {
  const { direction, text, isEdited, isReply, quoted } = item;
  const room = width - marginCells;
  const name = nameSpan(direction, who, room);
  const rows: Row[] = [];
  if (isReply) {
    const what =
      quoted === undefined
        ? 'a message that is not here'
        : escapeText(quoted.slice(0, mostCharacters).replaceAll('\n', ' '));
    rows.push(cutSpans([margin, span(`┌ ${what}`, 'dim')], width));
  }
  const head = [span(`${localTime(item.at)} ${markOf(item).padEnd(2)} `, 'dim'), name, span(': ')];
  const body = text === undefined ? [span('(deleted)', 'dim')] : [];
  const shown = text === undefined ? '' : text.slice(0, mostCharacters);
  const lines = text === undefined ? [] : wrapBehind(shown, widthOf([name]) + 2, room);
  rows.push(cutSpans([...head, ...body, span(lines[0] ?? '')], width));
  for (const line of lines.slice(1, mostRows)) rows.push([margin, span(line)]);
  const isCut = lines.length > mostRows || (text ?? '').length > mostCharacters;
  if (isCut) rows.push([margin, span(cut('(longer: qtchat history shows all of it)', room), 'dim')]);
  if (isEdited && text !== undefined) append(rows, span(' (edited)', 'dim'), width);
  const reactions = reactionSpans(item, who);
  if (reactions.length > 0) rows.push(cutSpans([margin, ...reactions], width));
  return rows;
}

/** The rows of a text whose first one begins behind something of `start` cells; all others begin at the margin. */
function wrapBehind(text: string, start: number, room: number): string[] {
  const escaped = text.split('\n').map((line) => escapeText(line.replaceAll('\t', '  ')));
  // A placeholder that cannot be broken stands for what is in front.
  const placeholder = '\u{2588}'.repeat(Math.min(start, room));
  const [first = '', ...others] = wrap(placeholder + escaped.join('\n'), room, mostRows + 1);
  if (first.startsWith(placeholder)) return [first.slice(placeholder.length), ...others];
  return [first, ...others];
}

function append(rows: Row[], what: Span, width: number): void {
  const last = rows.at(-1);
  if (typeof last === 'object' && widthOf(last) + widthOf([what]) <= width) rows[rows.length - 1] = [...last, what];
  else rows.push(cutSpans([margin, what], width));
}

function reactionSpans({ reactions }: MessageItem, who: Speakers): Span[] {
  return (['in', 'out'] as const).flatMap((side) => {
    const emoji = reactions[side];
    if (emoji === undefined || emoji === '') return [];
    return [span(`${escapeText(emoji)} `), span(`${side === 'out' ? who.self : who.peer}  `, 'dim')];
  });
}

function fileRows(item: FileItem, who: Speakers, width: number): Row[] {
  const { file, picture = [] } = item;
  const { direction } = file;
  const room = width - marginCells;
  const arrow = direction === 'in' ? '↓' : '↑';
  const head = [span(`${localTime(item.at)} ${arrow}  `, 'dim'), nameSpan(direction, who, room), span(': ')];
  const size = file.sizeBytes === undefined ? '' : ` (${describeSize(file.sizeBytes)})`;
  const tail = stateSpans(file);
  const whole = [span(`${escapeText(file.name)}${file.isFolder ? '/' : ''}`, 'bold'), span(size, 'dim'), span('  ')];
  const rows: Row[] = [];
  if (widthOf([...head, ...whole, ...tail]) <= width) {
    rows.push([...head, ...whole, ...tail]);
  } else {
    rows.push(cutSpans([...head, ...whole], width));
    rows.push(cutSpans([margin, ...tail], width));
  }
  return [...rows, ...picture.map((row) => `${margin.text}${row}`)];
}

function stateSpans(file: BookedFile): Span[] {
  const { state, number, direction, reason, path, sizeBytes = 0, doneBytes } = file;
  const because = reason === undefined ? '' : `: ${escapeText(reason)}`;
  switch (state) {
    case 'offered':
      if (direction === 'out') return [span(`#${number} offered`, 'dim')];
      return [span(`/accept ${number}`, 'yellow'), span(' or '), span(`/decline ${number}`, 'yellow')];
    case 'moving': {
      const share = sizeBytes === 0 ? 1 : Math.min(1, doneBytes / sizeBytes);
      const rate = file.bytesPerSecond === undefined ? '' : ` ${describeSize(file.bytesPerSecond)}/s`;
      const left = file.leftMs === undefined ? '' : ` ${describeLeft(file.leftMs)} left`;
      return [span(barOf(share), 'cyan'), span(` ${Math.floor(share * 100)} %${rate}${left}`)];
    }
    case 'paused':
      return [span(`paused${because}, /resume ${number}`, 'yellow')];
    case 'interrupted':
      return [span(`waits${because}`, 'yellow')];
    case 'done':
      if (direction === 'out') return [span('✓ arrived', 'green')];
      return [span(path === undefined ? '✓' : `${isVoicemailName(file.name) ? '▶' : '✓'} /open ${number}`, 'green')];
    case 'declined':
    case 'cancelled':
      return [span(`${state}${because}`, 'dim')];
    case 'failed':
      return [span(`failed${because}`, 'red')];
  }
}

function barOf(share: number): string {
  const full = Math.round(share * barCells);
  return `[${'#'.repeat(full)}${'-'.repeat(barCells - full)}]`;
}

function noticeRows({ text, isError, at }: Pick<NoticeItem, 'text' | 'isError' | 'at'>, width: number): Row[] {
  const style: Style = isError ? 'red' : 'dim';
  const lines = text.slice(0, mostCharacters).split('\n').map(escapeText).join('\n');
  return wrap(lines, width - marginCells, mostRows).map((line, index) => [
    index === 0 ? span(`${localTime(at)}    `, 'dim') : margin,
    span(line, style),
  ]);
}

const nameStyles: readonly Style[] = ['cyan', 'green', 'magenta', 'yellow', 'blue', 'red'];

function nameSpan(direction: 'in' | 'out', who: Speakers, room: number): Span {
  // Names can be 63 characters long; most of a narrow screen is for what was said.
  const shown = (name: string): string => cut(name, Math.max(8, Math.floor(room / 3)));
  if (direction === 'out') return span(shown(who.self), ['bold', 'white']);
  return span(shown(who.peer), ['bold', nameStyle(who.peer)].flat() as Style);
}

/** The colour of a member: the same one every time. */
function nameStyle(member: string): Style {
  const sum = [...member].reduce((total, character) => (total * 31 + character.charCodeAt(0)) % 65_521, 0);
  return nameStyles[sum % nameStyles.length] ?? 'cyan';
}
