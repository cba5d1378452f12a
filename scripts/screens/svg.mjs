// A screen of a terminal as SVG: rows of text in a grid, so that it can be selected and read aloud; pictures as rectangles.

const cell = { width: 9, height: 20 };
const border = 12;
const baseline = 15;
const foreground = '#d6dae2';
const background = '#14171d';
// The first sixteen colours are the user's; these are ours.
const palette = [
  ...['#2a2f3a', '#e06c75', '#98c379', '#e5c07b', '#61afef', '#c678dd', '#56b6c2', '#d6dae2'],
  ...['#5c6370', '#e88a91', '#b2d69a', '#edd19c', '#8cc5f4', '#d7a0e6', '#86cbd4', '#ffffff'],
];

/** The screen as SVG, with a title for those who cannot see it. */
export function toSvg({ rows, cursor }, title) {
  const columns = rows[0].cells.reduce((sum, { width }) => sum + width, 0);
  const [width, height] = [columns * cell.width + 2 * border, rows.length * cell.height + 2 * border];
  const backgrounds = new Map();
  const texts = rows.flatMap((row, index) => rowTexts(row.cells, index, backgrounds));
  const cursorAt = `x="${cursor.column * cell.width}" y="${cursor.row * cell.height + 1}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="${background}"/>`,
    `<g transform="translate(${border} ${border})" shape-rendering="crispEdges">`,
    ...[...backgrounds].map(([color, areas]) => `<path fill="${color}" d="${areas.join('')}"/>`),
    `<rect ${cursorAt} width="${cell.width}" height="${cell.height - 2}" fill="${foreground}" opacity=".7"/>`,
    '</g>',
    `<g transform="translate(${border} ${border + baseline})" font-family="ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace" font-size="15" fill="${foreground}">`,
    ...texts,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function rowTexts(cells, index, backgrounds) {
  const top = index * cell.height;
  const paint = (color, from, to, y, height) => {
    const areas = backgrounds.get(color) ?? [];
    areas.push(`M${from * cell.width} ${y}h${(to - from) * cell.width}v${height}H${from * cell.width}z`);
    backgrounds.set(color, areas);
  };
  const texts = [];
  for (const run of runsOf(cells)) {
    const { text, from, to, looks } = run;
    const shownBackground = css(looks.background);
    if (run.isBlock) {
      paint(css(looks.foreground) ?? foreground, from, to, top, cell.height / 2);
      if (shownBackground !== undefined) paint(shownBackground, from, to, top + cell.height / 2, cell.height / 2);
      continue;
    }
    if (shownBackground !== undefined) paint(shownBackground, from, to, top, cell.height);
    // Not every program keeps several spaces.
    for (const { 0: piece, index: lead } of text.matchAll(/\S+(?: \S+)*/g)) {
      const length = run.isWide ? to - from : piece.length;
      const place = `x="${(from + lead) * cell.width}" y="${top}" textLength="${length * cell.width}"`;
      texts.push(`<text ${place}${attributesOf(looks)}>${escapeXml(piece)}</text>`);
    }
  }
  return texts;
}

/** Cells of equal looks. Wide characters stand alone, since fonts disagree about how wide they are. */
function runsOf(cells) {
  const runs = [];
  let column = 0;
  for (const { text, width, looks } of cells) {
    const isBlock = text === '▀';
    const last = runs.at(-1);
    const goesOn = last !== undefined && width === 1 && !last.isWide && last.isBlock === isBlock;
    if (goesOn && JSON.stringify(last.looks) === JSON.stringify(looks)) {
      last.text += text;
      last.to += 1;
    } else {
      runs.push({ text, from: column, to: column + width, looks, isBlock, isWide: width > 1 });
    }
    column += width;
  }
  return runs;
}

function attributesOf({ foreground: color, isBold, isDim }) {
  const fill = css(color);
  return [
    ...(fill === undefined ? [] : [` fill="${fill}"`]),
    ...(isBold ? [' font-weight="bold"'] : []),
    ...(isDim ? [' opacity=".6"'] : []),
  ].join('');
}

function css(color) {
  if (color === 'foreground') return foreground;
  if (color === 'background') return background;
  if (typeof color !== 'number') return color;
  if (color < 16) return palette[color];
  if (color >= 232) return grey(8 + 10 * (color - 232));
  const level = (step) => (step === 0 ? 0 : 55 + 40 * step);
  const [red, green, blue] = [Math.floor((color - 16) / 36), Math.floor((color - 16) / 6) % 6, (color - 16) % 6];
  return `rgb(${level(red)},${level(green)},${level(blue)})`;
}

function grey(value) {
  return `rgb(${value},${value},${value})`;
}

function escapeXml(text) {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}
