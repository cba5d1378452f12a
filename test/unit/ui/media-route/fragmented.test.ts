/** Which films were cut in fragments. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isFragmentedMp4 } from '../../../../src/ui/media-route/fragmented.js';
import { box, mp4Head } from '../../../helpers/films.js';

const track = box('trak', Buffer.alloc(500));
const fragmented = Buffer.concat([mp4Head, box('moov', Buffer.concat([box('mvhd'), track, box('mvex', box('trex'))]))]);

describe('a film in fragments', () => {
  it('is known by its first boxes', () => {
    expect(isFragmentedMp4(Buffer.concat([fragmented, box('moof'), box('mdat')]))).toBe(true);
    expect(isFragmentedMp4(Buffer.concat([mp4Head, box('free'), fragmented.subarray(mp4Head.length)]))).toBe(true);
  });

  it.each([
    ['has its index in front', Buffer.concat([mp4Head, box('moov', Buffer.concat([box('mvhd'), track])), box('mdat')])],
    ['has its index behind', Buffer.concat([mp4Head, box('mdat', Buffer.alloc(1000))])],
    ['has an index that is longer than what is looked at', fragmented.subarray(0, -1)],
    ['names that box elsewhere', Buffer.concat([mp4Head, box('moov', box('udta', box('mvex')))])],
    ['has a box of no size', Buffer.concat([mp4Head, Buffer.from('\0\0\0\0mdat'), fragmented])],
    ['has a box shorter than its own head', Buffer.concat([mp4Head, Buffer.from('\0\0\0\x07free'), fragmented])],
    ['is nothing', Buffer.alloc(0)],
  ])('is none that %s', (_, head) => {
    expect(isFragmentedMp4(head)).toBe(false);
  });

  it('is none of any octets, and looking always ends', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => !isFragmentedMp4(Buffer.from(octets))));
  });
});
