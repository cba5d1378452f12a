import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isNamedAs, sniff, sniffedOctets } from '../../../src/ui/media-kind.js';

const octets = (text: string): Buffer => Buffer.from(text, 'latin1');

function box(brand: string, sizeOctets = 24): Buffer {
  const head = Buffer.alloc(sizeOctets);
  head.writeUInt32BE(sizeOctets, 0);
  head.write(`ftyp${brand}\0\0\x02\0isom`, 4, 'latin1');
  return head;
}

function oggPage(packet: string, flags = '\x02'): Buffer {
  return octets(`OggS\0${flags}${'\0'.repeat(20)}\x01\x1e${packet}`);
}

function matroska(docType: string, before = '\x42\x86\x81\x01'): Buffer {
  const body = `${before}\x42\x82${String.fromCharCode(0x80 | docType.length)}${docType}`;
  return octets(`\x1aE\xdf\xa3${String.fromCharCode(0x80 | body.length)}${body}\x18\x53\x80\x67`);
}

/** Frames of MPEG 1, layer III, 128 kbit/s, 44,100 Hz: 417 octets each. */
function mp3Frames(count: number): Buffer {
  const frame = Buffer.alloc(417);
  frame.write('\xff\xfb\x90\x00', 0, 'latin1');
  return Buffer.concat(Array.from({ length: count }, () => frame));
}

describe('the kind of a file', () => {
  it.each([
    ['image/jpeg', octets('\xff\xd8\xff\xe0\0\x10JFIF\0')],
    ['image/jpeg', octets('\xff\xd8\xff\xdb\0\x43')],
    ['image/png', octets('\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01')],
    ['image/gif', octets('GIF87a\x01\0\x01\0')],
    ['image/gif', octets('GIF89a\x01\0\x01\0')],
    ['image/webp', octets('RIFF\x24\0\0\0WEBPVP8 ')],
    ['image/webp', octets('RIFF\x24\0\0\0WEBPVP8X')],
    ['audio/wav', octets('RIFF\x24\0\0\0WAVEfmt ')],
    ['audio/flac', octets('fLaC\0\0\0"')],
    ['audio/mpeg', octets('ID3\x04\0\0\0\0\x02\x01')],
    ['audio/mpeg', mp3Frames(3)],
    ['audio/ogg', oggPage('OpusHead\x01')],
    ['audio/ogg', oggPage('\x01vorbis')],
    ['audio/mp4', box('M4A ')],
    ['video/ogg', oggPage('\x80theora')],
    ['video/mp4', box('isom')],
    ['video/mp4', box('mp42')],
    ['video/3gpp', box('3gp5')],
    ['video/quicktime', box('qt  ')],
    ['video/webm', matroska('webm')],
    ['video/x-matroska', matroska('matroska')],
    ['video/x-matroska', matroska('matroska\0\0')],
    ['video/x-msvideo', octets('RIFF\x24\0\0\0AVI LIST')],
  ])('is %s', (type, head) => {
    expect(sniff(head)?.type).toBe(type);
  });

  it.each([
    ['nothing', octets('')],
    ['one octet of a JPEG', octets('\xff')],
    ['text', octets('hello')],
    ['HTML', octets('<!doctype html><script>alert(1)</script>')],
    ['HTML with a picture further on', octets('<html>\xff\xd8\xff\xe0')],
    ['SVG', octets('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')],
    ['SVG in XML', octets('<?xml version="1.0"?><svg/>')],
    ['PDF', octets('%PDF-1.7')],
    ['a script', octets('#!/bin/sh\nrm -rf ~')],
    ['a program for Linux', octets('\x7fELF\x02\x01\x01')],
    ['a program for Windows', octets('MZ\x90\0')],
    ['a desktop entry', octets('[Desktop Entry]\nExec=sh')],
    ['an archive', octets('PK\x03\x04')],
    ['a picture behind a space', octets(' \x89PNG\r\n\x1a\n\0\0\0\rIHDR')],
    ['PNG whose line ends were converted', octets('\x89PNG\n\x1a\n\0\0\0\rIHDR')],
    ['PNG without its first chunk', octets('\x89PNG\r\n\x1a\n<script>')],
    ['JPEG without a marker', octets('\xff\xd8\xff<script>')],
    ['GIF of no version', octets('GIF90a')],
    ['RIFF of something else', octets('RIFF\x24\0\0\0ACON')],
    ['WebP without a picture', octets('RIFF\x24\0\0\0WEBPHTML')],
    ['Ogg with an unknown codec', oggPage('\x7fscript')],
    ['a page from the middle of Ogg', oggPage('OpusHead', '\0')],
    ['AVIF', box('avif')],
    ['HEIC', box('heic')],
    ['a brand nobody knows', box('evil')],
    ['a first box of no size', octets('\0\0\0\0ftypisom')],
    ['a first box that is larger than any', octets('\x7f\xff\xff\xfcftypisom')],
    ['a document of EBML that is neither', matroska('html')],
    ['EBML that ends early', matroska('webm').subarray(0, 12)],
    ['EBML whose inner size leads out', octets('\x1aE\xdf\xa3\x90\x42\x86\x1f\xff\xff\xffwebm')],
    ['one frame of MP3 and then text', Buffer.concat([mp3Frames(1), octets('and then text')])],
    ['UTF-16', octets('\xff\xfeh\0e\0l\0l\0o\0')],
    ['an ID3 tag with an impossible size', octets('ID3\x04\0\0\xff\xff\xff\xff')],
    ['a text that begins with ID3', octets('ID3 tags explained')],
  ])('is none: %s', (_, head) => {
    expect(sniff(head)).toBeUndefined();
  });

  it('is found in a view into other octets, and beyond none of its own', () => {
    const whole = octets('....GIF89a....');
    expect(sniff(new Uint8Array(whole.buffer, whole.byteOffset + 4, 6))?.type).toBe('image/gif');
    expect(sniff(new Uint8Array(whole.buffer, whole.byteOffset + 4, 5))).toBeUndefined();
  });

  it('is found or not found, whatever the octets are', () => {
    const starts = ['RIFF', 'OggS\0\x02', '\x1aE\xdf\xa3', 'ID3', '\xff\xfb', '\0\0\0\x20ftyp', 'fLaC', ''].map(octets);
    const files = fc.tuple(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 2 * sniffedOctets }));
    fc.assert(
      fc.property(files, ([start, rest]) => {
        expect(() => sniff(Buffer.concat([start, rest]))).not.toThrow();
      }),
    );
  });
});

describe('the name of a file', () => {
  const gif = sniff(octets('GIF89a'));
  it.each([
    ['fun.gif', true],
    ['FUN.GIF', true],
    ['fun.html', false],
    ['fun.gif.desktop', false],
    ['gif', false],
    ['fun.gif ', false],
    ['', false],
  ])('%s', (name, agrees) => {
    expect(gif && isNamedAs(gif, name)).toBe(agrees);
  });
});
