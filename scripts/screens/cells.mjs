// Rows of a terminal as cells that can be changed, each a character with its looks.

/** A row of a terminal of xterm.js. */
export function parseRow(line, columns) {
  const cells = [];
  for (let column = 0; column < columns; column += 1) {
    const cell = line.getCell(column);
    // The second half of a wide character.
    if (cell.getWidth() === 0) continue;
    cells.push({ text: cell.getChars() || ' ', width: cell.getWidth(), looks: looksOf(cell) });
  }
  return new Row(cells);
}

function looksOf(cell) {
  const [foreground, background] = [colorOf(cell, 'Fg'), colorOf(cell, 'Bg')];
  const isInverse = cell.isInverse() !== 0;
  return {
    foreground: isInverse ? (background ?? 'background') : foreground,
    background: isInverse ? (foreground ?? 'foreground') : background,
    isBold: cell.isBold() !== 0,
    isDim: cell.isDim() !== 0,
  };
}

/** A number of the palette, a colour as CSS has it, or undefined for the usual one. */
function colorOf(cell, which) {
  const color = cell[`get${which}Color`]();
  if (cell[`is${which}RGB`]()) return `#${color.toString(16).padStart(6, '0')}`;
  return cell[`is${which}Palette`]() ? color : undefined;
}

/** One row. */
export class Row {
  constructor(cells) {
    this.cells = cells;
  }

  /** All of its characters. */
  get text() {
    return this.cells.map(({ text }) => text).join('');
  }

  /** The row with what a pattern finds replaced; at its end it is cut or filled up to its width. */
  replace(pattern, replacement) {
    const { text, cells } = this;
    const found = [...text.matchAll(pattern)];
    if (found.length === 0) return this;
    const changed = [];
    let taken = 0;
    for (const match of found) {
      const [start, end] = [indexOf(cells, match.index), indexOf(cells, match.index + match[0].length)];
      changed.push(...cells.slice(taken, start));
      const { looks } = cells[start];
      changed.push(...[...replacement(...match)].map((character) => ({ text: character, width: 1, looks })));
      taken = end;
    }
    changed.push(...cells.slice(taken));
    return new Row(fitted(changed, cells));
  }
}

/** Which cell holds the character at an offset of the text. */
function indexOf(cells, offset) {
  let passed = 0;
  for (const [index, { text }] of cells.entries()) {
    if (passed >= offset) return index;
    passed += text.length;
  }
  return cells.length;
}

function fitted(cells, former) {
  const room = widthOf(former);
  const kept = [];
  let width = 0;
  for (const cell of cells) {
    if (width + cell.width > room) break;
    kept.push(cell);
    width += cell.width;
  }
  const { looks } = former.at(-1);
  return [...kept, ...Array.from({ length: room - width }, () => ({ text: ' ', width: 1, looks }))];
}

function widthOf(cells) {
  return cells.reduce((sum, { width }) => sum + width, 0);
}
