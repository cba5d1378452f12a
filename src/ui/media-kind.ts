/**
 * What a file is, judged by its first octets and never by its name: the kinds of pictures, sound and films that
 * are shown, or handed to other programs. Anything else is nothing: SVG and HTML carry scripts, PDF carries more.
 *
 * What matches here is what it claims to a decoder. To a program that goes by the name it may be something
 * else (a GIF may be called page.html), so whoever hands a file to the desktop compares its name by
 * {@link isNamedAs} as well.
 */

/** What a file was found to be. */
export interface MediaKind {
  readonly kind: 'picture' | 'audio' | 'video';
  /** Its media type. */
  readonly type: string;
  /** How names of such files end, in lower case; the first is the usual one. */
  readonly extensions: readonly string[];
}

/** How many octets of a file {@link sniff} can use; it takes fewer, and may then find less. */
export const sniffedOctets = 4096;

const kinds = {
  jpeg: { kind: 'picture', type: 'image/jpeg', extensions: ['jpg', 'jpeg', 'jpe', 'jfif'] },
  png: { kind: 'picture', type: 'image/png', extensions: ['png', 'apng'] },
  webp: { kind: 'picture', type: 'image/webp', extensions: ['webp'] },
  gif: { kind: 'picture', type: 'image/gif', extensions: ['gif'] },
  mp3: { kind: 'audio', type: 'audio/mpeg', extensions: ['mp3'] },
  wav: { kind: 'audio', type: 'audio/wav', extensions: ['wav'] },
  flac: { kind: 'audio', type: 'audio/flac', extensions: ['flac'] },
  oggAudio: { kind: 'audio', type: 'audio/ogg', extensions: ['ogg', 'oga', 'opus', 'spx'] },
  mp4Audio: { kind: 'audio', type: 'audio/mp4', extensions: ['m4a', 'm4b'] },
  oggVideo: { kind: 'video', type: 'video/ogg', extensions: ['ogv', 'ogg'] },
  mp4: { kind: 'video', type: 'video/mp4', extensions: ['mp4', 'm4v'] },
  mobile: { kind: 'video', type: 'video/3gpp', extensions: ['3gp', '3g2'] },
  quicktime: { kind: 'video', type: 'video/quicktime', extensions: ['mov', 'qt'] },
  webm: { kind: 'video', type: 'video/webm', extensions: ['webm', 'weba'] },
  matroska: { kind: 'video', type: 'video/x-matroska', extensions: ['mkv', 'mka'] },
  avi: { kind: 'video', type: 'video/x-msvideo', extensions: ['avi'] },
} as const satisfies Record<string, MediaKind>;

type KindName = keyof typeof kinds;

/**
 * Tells what a file is.
 *
 * @param octets - the beginning of the file, {@link sniffedOctets} of it where there are so many
 * @returns undefined for anything that is neither shown nor handed on
 */
export function sniff(octets: Uint8Array): MediaKind | undefined {
  const head = Buffer.from(octets.buffer, octets.byteOffset, Math.min(octets.length, sniffedOctets));
  for (const judge of judges) {
    const name = judge(head);
    if (name !== undefined) return kinds[name];
  }
  return undefined;
}

/** Tells whether a file's name ends as those of its kind do: programs that go by names take it for the same. */
export function isNamedAs(media: MediaKind, fileName: string): boolean {
  const extension = /\.([^.]+)$/.exec(fileName)?.[1]?.toLowerCase();
  return extension !== undefined && media.extensions.includes(extension);
}

const judges: ((head: Buffer) => KindName | undefined)[] = [picture, riff, ogg, isoMedia, ebml, flac, mp3];

function has(head: Buffer, offset: number, text: string): boolean {
  return head.subarray(offset, offset + text.length).equals(Buffer.from(text, 'latin1'));
}

function picture(head: Buffer): KindName | undefined {
  // SOI, and the first octet of any marker (ITU-T T.81 §B.1.1.3); 0xC0 and above, as all that may come first are.
  if (has(head, 0, '\xff\xd8\xff') && (head[3] ?? 0) >= 0xc0 && head[3] !== 0xff) return 'jpeg';
  if (has(head, 0, '\x89PNG\r\n\x1a\n\0\0\0\rIHDR')) return 'png';
  if (has(head, 0, 'GIF87a') || has(head, 0, 'GIF89a')) return 'gif';
  return undefined;
}

function riff(head: Buffer): KindName | undefined {
  if (!has(head, 0, 'RIFF')) return undefined;
  if (has(head, 8, 'WEBPVP8 ') || has(head, 8, 'WEBPVP8L') || has(head, 8, 'WEBPVP8X')) return 'webp';
  if (has(head, 8, 'WAVE')) return 'wav';
  if (has(head, 8, 'AVI LIST')) return 'avi';
  return undefined;
}

/** The first page of a stream holds one packet, which names the codec (RFC 3533 §6). */
function ogg(head: Buffer): KindName | undefined {
  const isFirstPage = ((head[5] ?? 0) & 0x02) !== 0;
  if (!has(head, 0, 'OggS\0') || !isFirstPage) return undefined;
  const packet = 27 + (head[26] ?? 0);
  if (has(head, packet, '\x80theora')) return 'oggVideo';
  const isSound = ['OpusHead', '\x01vorbis', '\x7fFLAC', 'Speex   '].some((start) => has(head, packet, start));
  return isSound ? 'oggAudio' : undefined;
}

// https://mp4ra.org/registered-types/brands; those of pictures (avif, heic, mif1) are left out on purpose.
const brands: readonly (readonly [RegExp, KindName])[] = [
  [/^M4[AB] $/, 'mp4Audio'],
  [/^qt {2}$/, 'quicktime'],
  [/^3g[2p]./, 'mobile'],
  [/^(iso[m2-9]|mp4[12]|avc1|dash|M4V |M4VH|M4VP|MSNV|f4v )$/, 'mp4'],
];

/** ISO/IEC 14496-12 §4.3: the box that says which programs can read the file comes first. */
function isoMedia(head: Buffer): KindName | undefined {
  if (!has(head, 4, 'ftyp')) return undefined;
  const sizeOctets = head.readUInt32BE(0);
  if (sizeOctets < 16 || sizeOctets % 4 !== 0 || sizeOctets > sniffedOctets) return undefined;
  const brand = head.toString('latin1', 8, 12);
  return brands.find(([pattern]) => pattern.test(brand))?.[1];
}

/** RFC 8794 §11.2: the head of Matroska and WebM says which of them it is. */
function ebml(head: Buffer): KindName | undefined {
  if (!has(head, 0, '\x1aE\xdf\xa3')) return undefined;
  const header = readVint(head, 4);
  if (header === undefined) return undefined;
  const end = header.end + header.value;
  let offset = header.end;
  while (offset < end) {
    const id = readVint(head, offset);
    const size = id && readVint(head, id.end);
    if (size === undefined) return undefined;
    const next = size.end + size.value;
    if (has(head, offset, '\x42\x82')) {
      // May be padded with zeros at its end.
      const type = head.toString('latin1', size.end, next).replace(/\0+$/, '');
      return type === 'webm' || type === 'matroska' ? type : undefined;
    }
    offset = next;
  }
  return undefined;
}

/** A number whose first octet tells its length by its leading zeros; only those of four octets at most. */
function readVint(head: Buffer, offset: number): { value: number; end: number } | undefined {
  const first = head[offset] ?? 0;
  const length = Math.clz32(first) - 23;
  const end = offset + length;
  if (length > 4 && !has(head, offset, '\x01\0\0\0\0')) return undefined;
  if (end > head.length) return undefined;
  // Eight octets are what some write for any size; the upper half is zero as checked above.
  const value = length === 8 ? head.readUInt32BE(offset + 4) : head.readUIntBE(offset, length) & ~(1 << (7 * length));
  return { value: value >>> 0, end };
}

function flac(head: Buffer): KindName | undefined {
  return has(head, 0, 'fLaC\0\0\0"') || has(head, 0, 'fLaC\x80\0\0"') ? 'flac' : undefined;
}

function mp3(head: Buffer): KindName | undefined {
  if (has(head, 0, 'ID3')) {
    const [version = 0, revision = 0xff, flags = 0xff, ...size] = head.subarray(3, 10);
    const isTag = version >= 2 && version <= 4 && revision !== 0xff && (flags & 0x0f) === 0;
    return isTag && size.length === 4 && size.every((octet) => octet < 0x80) ? 'mp3' : undefined;
  }
  // One frame's head is eleven set bits: text in UTF-16 has that. Two, the second where the first ends, it has not.
  const next = mp3FrameOctets(head, 0);
  return next !== undefined && mp3FrameOctets(head, next) !== undefined ? 'mp3' : undefined;
}

const kilobits = {
  version1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  version2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};
const sampleRates = [44_100, 48_000, 32_000];

/** How long the frame of layer III is that begins at `offset` (ISO/IEC 11172-3 §2.4.1.3); undefined if none does. */
function mp3FrameOctets(head: Buffer, offset: number): number | undefined {
  const [sync = 0, kind = 0, rates = 0] = head.subarray(offset, offset + 3);
  const version = (kind >> 3) & 3; // 3: MPEG 1, 2: MPEG 2, 0: MPEG 2.5
  const isLayer3 = sync === 0xff && (kind & 0xe0) === 0xe0 && version !== 1 && ((kind >> 1) & 3) === 1;
  const bitrate = (version === 3 ? kilobits.version1 : kilobits.version2)[rates >> 4];
  const rate = sampleRates[(rates >> 2) & 3];
  if (!isLayer3 || !bitrate || rate === undefined) return undefined;
  const sampleRate = rate / (version === 3 ? 1 : version === 2 ? 2 : 4);
  const samplesOctets = version === 3 ? 144 : 72;
  return Math.floor((samplesOctets * bitrate * 1000) / sampleRate) + ((rates >> 1) & 1);
}
