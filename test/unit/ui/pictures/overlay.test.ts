import { describe, expect, it } from '@jest/globals';
import { PictureOverlay } from '../../../../src/ui/terminal/pictures/overlay.js';
import type { Picture } from '../../../../src/ui/terminal/pictures/picture.js';

const rowsOf = (id: number, count: number): string[] =>
  Array.from({ length: count }, (_, row) => `\x1b[38;2;${id};0;${row}m    \x1b[39m`);

/** A picture that is drawn: what is drawn says which rows. */
function drawnPicture(id: number, count: number): Picture {
  return {
    ...{ natural: { width: 40, height: 20 }, columns: 4, rows: rowsOf(id, count) },
    draw: (firstRow, rowCount) => `<${id}:${firstRow}+${rowCount}>`,
  };
}

function transmittedPicture(id: number): Picture {
  return {
    ...{ natural: { width: 40, height: 20 }, columns: 4, rows: rowsOf(id, 2) },
    ...{ transmit: `<take ${id}>`, erase: `<forget ${id}>` },
  };
}

function overlayOf(...pictures: Picture[]): PictureOverlay {
  const overlay = new PictureOverlay();
  for (const picture of pictures) overlay.add(picture);
  return overlay;
}

const margin = '\x1b[2m12:00\x1b[22m 日本 ';
const inFrame = ({ rows }: Picture): string[] => rows.map((row) => `${margin}${row}`);

describe('a picture that is drawn', () => {
  const picture = drawnPicture(7, 3);
  const frame = ['title', ...inFrame(picture), 'status'];

  it('is drawn where its rows are, and not again while they stay there', () => {
    const overlay = overlayOf(picture);
    // Behind twelve cells of margin, in the second row.
    expect(overlay.besides(frame)).toEqual({ before: '', after: '\x1b[2;12H<7:0+3>' });
    expect(overlay.besides(frame.with(0, 'another title'))).toEqual({ before: '', after: '' });
  });

  it('is drawn again when it has moved', () => {
    const overlay = overlayOf(picture);
    overlay.besides(frame);
    expect(overlay.besides(['title', 'text', ...inFrame(picture), 'status']).after).toBe('\x1b[3;12H<7:0+3>');
  });

  it('is drawn again, all of it, when something beside one of its rows has changed', () => {
    const overlay = overlayOf(picture);
    overlay.besides(frame);
    expect(overlay.besides(frame.with(2, `12:01 日本 ${picture.rows[1]}`)).after).toBe('\x1b[2;12H<7:0+3>');
  });

  it.each([
    ['above', ['title', ...inFrame(picture).slice(2), 'status'], '\x1b[2;12H<7:2+1>'],
    ['below', ['title', 'text', ...inFrame(picture).slice(0, 2)], '\x1b[3;12H<7:0+2>'],
  ])('is drawn as far as it is in sight: the rest is %s', (_, rows, after) => {
    expect(overlayOf(picture).besides(rows).after).toBe(after);
  });

  it('is drawn again after the screen was cleared', () => {
    const overlay = overlayOf(picture);
    overlay.besides(frame);
    overlay.reset();
    expect(overlay.besides(frame).after).toBe('\x1b[2;12H<7:0+3>');
  });

  it('is drawn twice where it stands twice', () => {
    const rows = [...inFrame(picture), ...inFrame(picture)];
    expect(overlayOf(picture).besides(rows).after).toBe('\x1b[1;12H<7:0+3>\x1b[4;12H<7:0+3>');
  });

  it('is drawn without the others that are out of sight', () => {
    expect(overlayOf(drawnPicture(1, 2), picture, drawnPicture(8, 2)).besides(frame).after).toBe('\x1b[2;12H<7:0+3>');
  });

  it('is not drawn once it is forgotten', () => {
    const overlay = overlayOf(picture);
    overlay.remove(picture);
    expect(overlay.besides(frame)).toEqual({ before: '', after: '' });
  });
});

describe('a picture that is transmitted', () => {
  const picture = transmittedPicture(7);
  const frame = ['title', ...inFrame(picture)];

  it('is transmitted before it is first seen, and once', () => {
    const overlay = overlayOf(picture, transmittedPicture(8));
    expect(overlay.besides(['title'])).toEqual({ before: '', after: '' });
    expect(overlay.besides(frame)).toEqual({ before: '<take 7>', after: '' });
    expect(overlay.besides(['title'])).toEqual({ before: '', after: '' });
    expect(overlay.besides(frame)).toEqual({ before: '', after: '' });
  });

  it('is transmitted again where the screen was entered anew', () => {
    const overlay = overlayOf(picture);
    overlay.besides(frame);
    overlay.reset();
    expect(overlay.besides(frame).before).toBe('<take 7>');
  });

  it('is forgotten by the terminal as well, once; and not where it never was', () => {
    const overlay = overlayOf(picture);
    overlay.besides(frame);
    overlay.remove(picture);
    expect(overlay.besides(['title']).before).toBe('<forget 7>');
    expect(overlay.besides(['title']).before).toBe('');
    const other = overlayOf(picture);
    other.remove(picture);
    expect(other.besides(['title']).before).toBe('');
  });
});
