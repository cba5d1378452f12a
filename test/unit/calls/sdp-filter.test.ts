/** Descriptions and candidates of calls: each row is the good one with one thing changed. */
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { filterCandidate, ownCandidate } from '../../../src/calls/ice-filter.js';
import { filterDescription } from '../../../src/calls/sdp-filter.js';
import { isQTChatError } from '../../../src/errors.js';
import { candidateOf, descriptionOf, makeFingerprint } from '../../helpers/fake-media.js';

const fingerprint = makeFingerprint();
const good = descriptionOf({ ufrag: 'abcd', fingerprint });
const host = candidateOf(50_000);

it('takes a description of sound, and says its fingerprint', () => {
  const inLowerCase = good.replace(fingerprint, fingerprint.toLowerCase());
  expect(filterDescription(inLowerCase, { type: 'offer' }).fingerprint).toBe(fingerprint);
  const { sdp } = filterDescription(good, { type: 'offer' });
  expect(filterDescription(sdp, { type: 'offer' })).toEqual({ sdp, fingerprint });
  for (const line of ['a=rtpmap:63 red/48000/2', 'a=fmtp:63 111/111', 'a=mid:0', 'a=sendrecv', 'a=rtcp-mux']) {
    expect(sdp).toContain(`\r\n${line}\r\n`);
  }
});

it('leaves out what it does not know', () => {
  const { sdp } = filterDescription(`${good}a=x-secret:1\r\nb=AS:9999\r\na=rtcp-fb:111 \u001b\r\n`, { type: 'offer' });
  expect(sdp).not.toMatch(/secret|9999|\p{Cc}(?<![\r\n])/u);
});

it('takes an answer that says who begins, and an offer that leaves it open', () => {
  expect(() => filterDescription(good.replace('actpass', 'active'), { type: 'answer' })).not.toThrow();
  expect(() => filterDescription(good, { type: 'answer' })).toThrow(/no proper setup/);
  expect(() => filterDescription(good.replace('actpass', 'passive'), { type: 'offer' })).toThrow(/no proper setup/);
});

const add = (line: string): string => `${good}${line}\r\n`;

it.each<[string, string, RegExp]>([
  ['nothing', '', /malformed/],
  ['another protocol', 'GET / HTTP/1.1\r\n\r\n', /malformed/],
  ['no sound', good.slice(0, good.indexOf('m=')), /one stream/],
  ['two streams of sound', good + good.slice(good.indexOf('m=')), /one stream/],
  ['video', add('m=video 9 UDP/TLS/RTP/SAVPF 96'), /more than sound/],
  ['a data channel', add('m=application 9 UDP/DTLS/SCTP webrtc-datachannel'), /more than sound/],
  ['video alone', good.replace('m=audio', 'm=video'), /more than sound/],
  ['sound in the clear', good.replace('UDP/TLS/RTP/SAVPF', 'RTP/AVP'), /not encrypted/],
  ['keys by SDES', add('a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj'), /SDES/],
  ['no fingerprint', good.replace(/a=fingerprint.*\r\n/, ''), /no fingerprint/],
  ['a fingerprint by SHA-1', good.replace(/sha-256 .*/, `sha-1 ${fingerprint.slice(0, 59)}`), /not by SHA-256/],
  ['a second fingerprint by SHA-1', add(`a=fingerprint:sha-1 ${fingerprint.slice(0, 59)}`), /not one of 32/],
  ['two fingerprints', add(`a=fingerprint:sha-256 ${makeFingerprint()}`), /not one of 32/],
  ['a fingerprint that is too short', good.replace(fingerprint, fingerprint.slice(3)), /not one of 32/],
  ['a fingerprint without colons', good.replace(fingerprint, fingerprint.replaceAll(':', '')), /not one of 32/],
  ['another codec', good.replace('red/48000/2', 'PCMU/8000'), /another code/],
  ['a second codec for one number', add('a=rtpmap:111 PCMU/8000'), /another code/],
  ['a codec beside', add('a=rtpmap:0 PCMU/8000'), /another code/],
  ['a format without a codec', good.replace('SAVPF 63 111', 'SAVPF 63 111 0'), /another code/],
  ['too many formats', good.replace('SAVPF 63 111', 'SAVPF 63 111 1 2 3'), /malformed/],
  ['no RTCP beside', good.replace('a=rtcp-mux\r\n', ''), /multiplex/],
  ['no name for ICE', good.replace(/a=ice-ufrag.*\r\n/, ''), /no proper ice-ufrag/],
  ['a password for ICE that is too short', good.replace(/ice-pwd:.*/, 'ice-pwd:abc'), /no proper ice-pwd/],
  ['two passwords for ICE', add(`a=ice-pwd:${'b'.repeat(24)}`), /no proper ice-pwd/],
  ['no setup', good.replace(/a=setup.*\r\n/, ''), /no proper setup/],
  ['a candidate that is a name', add('a=candidate:1 1 udp 1 3f2a.local 50000 typ host'), /a name/],
  [
    '65 candidates',
    good + Array.from({ length: 65 }, (_, at) => `a=${candidateOf(50_000 + at)}\r\n`).join(''),
    /too many/,
  ],
  ['more octets than may be', add(`a=x:${'x'.repeat(16_384)}`), /too long/],
  ['more lines than may be', good + 'a=x\r\n'.repeat(600), /too many lines/],
])('refuses %s', (_, sdp, why) => {
  expect(() => filterDescription(sdp, { type: 'offer' })).toThrow(why);
});

it.each([
  [host],
  [host.replace('127.0.0.1', '2001:db8::7')],
  [host.replace('udp', 'UDP')],
  [`${host} ufrag abcd network-id 1 network-cost 10`],
])('takes the candidate %s', (candidate) => {
  expect(filterCandidate(candidate)).toBe(candidate.replace('UDP', 'udp'));
});

it.each<[string, RegExp]>([
  ['', /malformed/],
  [`a=${host}`, /malformed/],
  [`${host}\r\na=crypto:1`, /malformed/],
  [host.replace(' udp ', ' tcp '), /UDP/],
  [host.replace('typ host', 'typ srflx raddr 10.0.0.1 rport 9'), /host itself/],
  [host.replace('typ host', 'typ prflx'), /host itself/],
  [host.replace('typ host', 'typ relay raddr 10.0.0.1 rport 9'), /host itself/],
  [host.replace('127.0.0.1', 'b9c1e6a2.local'), /a name/],
  [host.replace('127.0.0.1', 'example.org'), /a name/],
  [host.replace('127.0.0.1', '0x7f000001'), /a name/],
  [host.replace('127.0.0.1', 'fe80::1%eth0'), /a name/],
  [host.replace('127.0.0.1', '224.0.0.251'), /one host/],
  [host.replace('127.0.0.1', '255.255.255.255'), /one host/],
  [host.replace('127.0.0.1', '0.0.0.0'), /one host/],
  [host.replace('127.0.0.1', '::'), /one host/],
  [host.replace('127.0.0.1', 'ff02::fb'), /one host/],
  [host.replace('127.0.0.1', '::ffff:10.0.0.1'), /one host/],
  [host.replace('50000', '53'), /a port/],
  [host.replace('50000', '65536'), /a port/],
  [`${host} x ${'y'.repeat(1_024)}`, /malformed/],
])('refuses the candidate %j', (candidate, why) => {
  expect(() => filterCandidate(candidate)).toThrow(why);
  expect(ownCandidate(candidate)).toBeUndefined();
});

it('of our own description, candidates that may not be told are left out', () => {
  const own = add('a=candidate:1 1 udp 1 3f2a.local 50000 typ host').concat(`a=${host}\r\n`);
  const { sdp } = filterDescription(own, { type: 'offer', isOwn: true });
  expect(sdp.match(/a=candidate.*/g)).toEqual([`a=${host}`]);
});

it('whatever comes, it is refused as such, or is what is passed on', () => {
  const lines = good.split('\r\n');
  const line = fc.oneof(fc.constantFrom(...lines, `a=${host}`, 'm=video 9 x 1', 'a=crypto:1'), fc.string());
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), fc.nat(lines.length), (odd, at) => {
      const sdp = [...lines.slice(0, at), ...odd, ...lines.slice(at)].join('\r\n');
      try {
        const passed = filterDescription(sdp, { type: 'offer' });
        expect(filterDescription(passed.sdp, { type: 'offer' })).toEqual(passed);
      } catch (error) {
        if (!isQTChatError(error, 'ERR_CALL_REFUSED')) throw error;
      }
    }),
    { numRuns: Number(process.env.QTCHAT_FUZZ_RUNS ?? 500) },
  );
});
