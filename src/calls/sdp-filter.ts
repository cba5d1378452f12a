/**
 * The session descriptions of calls (SDP, RFC 8866; JSEP, RFC 8829), ours and the peer's: one stream of sound, in Opus, also
 * repeated (RED), keyed by DTLS under one SHA-256 fingerprint. What else a call could be is refused; what is merely
 * unknown is left out, so that the media side never sees it.
 */
import { maximumDescriptionBytes } from '../protocol/messages.js';
import { filterCandidate, mostCandidates, ownCandidate } from './ice-filter.js';
import { refused } from './refused.js';

/** A description that may be used. */
export interface Description {
  /** What is passed on. */
  readonly sdp: string;
  /** SHA-256 of the DTLS certificate, 32 octets in upper-case hex with colons. */
  readonly fingerprint: string;
}

/** Which of both it is, and whose: in the peer's a wrong candidate is refused, in ours it is left out. */
export interface DescriptionKind {
  readonly type: 'offer' | 'answer';
  readonly isOwn?: boolean;
}

const mostLines = 512;
const mostFormats = 4;
const codecs = new Set(['opus/48000/2', 'red/48000/2']);
const fingerprintSyntax = /^sha-256 ((?:[0-9a-f]{2}:){31}[0-9a-f]{2})$/i;

/** Attributes that are passed on, and what they may say. Those with rules of their own are below. */
const passed: Readonly<Record<string, RegExp>> = {
  group: /^BUNDLE [\w-]{1,16}$/,
  'msid-semantic': /^ ?WMS[\w\s-]{0,64}$/,
  'extmap-allow-mixed': /^$/,
  'ice-options': /^[\w -]{1,64}$/,
  mid: /^[\w-]{1,16}$/,
  'rtcp-mux': /^$/,
  'rtcp-rsize': /^$/,
  sendrecv: /^$/,
  sendonly: /^$/,
  recvonly: /^$/,
  extmap:
    /^\d{1,3}(?:\/\w{1,8})? (?:urn:ietf:params:rtp-hdrext:[\w:-]{1,64}|http:\/\/www\.(?:webrtc|ietf)\.org\/[\w./-]{1,96})$/,
  'rtcp-fb': /^(?:\d{1,3}|\*) [\w -]{1,64}$/,
  fmtp: /^\d{1,3} [\w=;/ .-]{1,256}$/,
  ptime: /^\d{1,3}$/,
  maxptime: /^\d{1,3}$/,
  msid: /^[\w{}-]{1,64}(?: [\w{}-]{1,64})?$/,
  ssrc: /^\d{1,10} (?:cname|msid):[\w{}+/ -]{1,160}$/,
  'end-of-candidates': /^$/,
};

/**
 * Makes sure that a description is one of a call, and nothing else.
 *
 * @throws {QTChatError} `ERR_CALL_REFUSED` that says what is wrong
 */
export function filterDescription(sdp: string, kind: DescriptionKind): Description {
  if (Buffer.byteLength(sdp) > maximumDescriptionBytes) throw refused('the description is too long');
  const lines = sdp.split(/\r\n|\n/).filter((line) => line !== '');
  if (lines.length > mostLines) throw refused('the description has too many lines');
  const origin = /^o=\S{1,64} (\d{1,20}) (\d{1,20}) IN IP[46] \S{1,64}$/.exec(lines[1] ?? '');
  if (lines[0] !== 'v=0' || origin === null) throw refused('the description is malformed');
  const media = lines.filter((line) => line.startsWith('m='));
  const formats = formatsOf(media);
  const head = ['v=0', `o=- ${origin[1]} ${origin[2]} IN IP4 127.0.0.1`, 's=-', 't=0 0'];
  const start = lines.findIndex((line) => line.startsWith('m='));
  const ofSession = attributesIn(lines.slice(2, start));
  const ofMedia = attributesIn(lines.slice(start + 1));
  const all = [...ofSession, ...ofMedia];
  if (valuesOf(all, 'candidate').length > mostCandidates) throw refused('there are too many candidates');
  const fingerprint = fingerprintOf(all);
  checkCodecs(formats, all);
  const transport = transportOf(all, kind, fingerprint);
  if (!all.some(({ name }) => name === 'rtcp-mux')) throw refused('the description does not multiplex RTCP');
  const sound = [`m=audio 9 UDP/TLS/RTP/SAVPF ${formats.join(' ')}`, 'c=IN IP4 0.0.0.0'];
  const parts = [head, pass(ofSession, kind), sound, pass(ofMedia, kind), transport];
  return { sdp: `${parts.flat().join('\r\n')}\r\n`, fingerprint };
}

interface Attribute {
  readonly name: string;
  readonly value: string;
}

function formatsOf(media: readonly string[]): string[] {
  const [line = ''] = media;
  const parts = /^m=(\w{1,16}) \d{1,5}(?:\/\d+)? (\S{1,32})((?: \S{1,64})*)$/.exec(line);
  if (media.some((one) => !one.startsWith('m=audio '))) throw refused('the description holds more than sound');
  if (media.length !== 1 || parts === null) throw refused('the description does not hold one stream of sound');
  const formats = (parts[3] ?? '').trim().split(' ');
  if (parts[2] !== 'UDP/TLS/RTP/SAVPF') throw refused('the sound is not encrypted by DTLS');
  if (formats.length > mostFormats || !formats.every((format) => /^\d{1,3}$/.test(format)))
    throw refused('the description is malformed');
  return formats;
}

function attributesIn(lines: readonly string[]): Attribute[] {
  return lines.flatMap((line) => {
    const [, name, value = ''] = /^a=([\w-]{1,32})(?::(.*))?$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, value }];
  });
}

function valuesOf(all: readonly Attribute[], wanted: string): string[] {
  return [...new Set(all.filter(({ name }) => name === wanted).map(({ value }) => value))];
}

function fingerprintOf(all: readonly Attribute[]): string {
  if (all.some(({ name }) => name === 'crypto')) throw refused('the description holds keys (SDES)');
  const values = valuesOf(all, 'fingerprint');
  if (values.length === 0) throw refused('the description has no fingerprint');
  const [value = ''] = values;
  if (!/^sha-256 /i.test(value)) throw refused('the fingerprint is not by SHA-256');
  const digits = fingerprintSyntax.exec(value)?.[1];
  if (values.length > 1 || digits === undefined) throw refused('the fingerprint is not one of 32 octets');
  return digits.toUpperCase();
}

function checkCodecs(formats: readonly string[], all: readonly Attribute[]): void {
  const named = valuesOf(all, 'rtpmap').map((value) => value.split(' '));
  const codecOf = (format: string): string[] =>
    named.filter(([id]) => id === format).map(([, codec = '']) => codec.toLowerCase());
  const isFit = formats.every((format) => codecOf(format).length === 1 && codecs.has(codecOf(format)[0] ?? ''));
  if (!isFit || named.length !== formats.length) throw refused('the sound is in another code than Opus');
}

function transportOf(all: readonly Attribute[], { type }: DescriptionKind, fingerprint: string): string[] {
  const one = (name: string, syntax: RegExp): string => {
    const values = valuesOf(all, name);
    const [value = ''] = values;
    if (values.length !== 1 || !syntax.test(value)) throw refused(`the description has no proper ${name}`);
    return `a=${name}:${value}`;
  };
  return [
    one('ice-ufrag', /^[\w+/]{4,256}$/),
    one('ice-pwd', /^[\w+/]{22,256}$/),
    `a=fingerprint:sha-256 ${fingerprint}`,
    one('setup', type === 'offer' ? /^actpass$/ : /^(?:active|passive)$/),
  ];
}

function pass(attributes: readonly Attribute[], { isOwn = false }: DescriptionKind): string[] {
  return attributes.flatMap(({ name, value }) => {
    if (name === 'candidate') {
      const candidate = `candidate:${value}`;
      const fit = isOwn ? ownCandidate(candidate) : filterCandidate(candidate);
      return fit === undefined ? [] : [`a=${fit}`];
    }
    // Which codecs they are has been checked; how many channels opus has is no choice.
    if (name === 'rtpmap') return [`a=rtpmap:${value}`];
    if (!Object.hasOwn(passed, name) || !passed[name]?.test(value)) return [];
    return [value === '' ? `a=${name}` : `a=${name}:${value}`];
  });
}
