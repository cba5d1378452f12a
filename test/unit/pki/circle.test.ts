import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { circleIdOf, circleNamesOf, circleUri, spkiFingerprint } from '../../../src/pki/circle.js';
import { makeCertificate, makeCircle, makeIntermediate, makeMember } from '../../helpers/certificates.js';
import { refusalOf } from './refusal.js';

describe('circleIdOf', () => {
  it('is 26 characters of base32 that follow from the key alone', async () => {
    const circle = await makeCircle();
    const sameKey = await makeCircle({ key: circle.key, commonName: 'Renamed' });
    expect(circleIdOf(circle.certificate)).toMatch(/^[a-z2-7]{26}$/);
    expect(circleIdOf(circle.certificate)).toBe(circle.circleId);
    expect(circleIdOf(sameKey.certificate)).toBe(circle.circleId);
    expect(circleIdOf((await makeCircle()).certificate)).not.toBe(circle.circleId);
  });
});

describe('circleNamesOf', () => {
  it('finds the member, also under an intermediate CA', async () => {
    const circle = await makeCircle();
    const member = await makeMember(await makeIntermediate(circle), { member: 'bob' });
    expect(circleNamesOf(member.certificate)).toEqual([{ circleId: circle.circleId, member: 'bob' }]);
  });

  it('finds none where there is no URI of ours', async () => {
    const { certificate } = await makeCertificate(undefined, { uris: ['https://example.org', 'qtchat-ca://x'] });
    expect(circleNamesOf(certificate)).toEqual([]);
  });

  it('finds all where there are several', async () => {
    const uris = [circleUri('a'.repeat(26), 'bob'), circleUri('b'.repeat(26), 'eve')];
    const { certificate } = await makeCertificate(undefined, { uris });
    expect(circleNamesOf(certificate).map((name) => name.member)).toEqual(['bob', 'eve']);
  });

  const id = 'a'.repeat(26);
  it.each([
    'qtchat:',
    `QTCHAT://${id}/bob`,
    `qtchat://${id}`,
    `qtchat://${id}/`,
    `qtchat://${id}/Bob`,
    `qtchat://${id}/bob/`,
    `qtchat://${id}/bob?x`,
    `qtchat://${id}/bob%00`,
    `qtchat://${id}x/bob`,
    `qtchat://${id.slice(1)}/bob`,
    `qtchat://${id.toUpperCase()}/bob`,
    `qtchat://eve@${id}/bob`,
    `qtchat:${id}/bob`,
  ])('refuses %s', async (uri) => {
    const { certificate } = await makeCertificate(undefined, { uris: [uri] });
    expect(refusalOf(() => circleNamesOf(certificate))).toBe('ERR_PKI_CERTIFICATE_INVALID');
  });

  it('refuses a malformed one beside a good one', async () => {
    const { certificate } = await makeCertificate(undefined, { uris: [circleUri(id, 'bob'), 'qtchat://x/eve'] });
    expect(refusalOf(() => circleNamesOf(certificate))).toBe('ERR_PKI_CERTIFICATE_INVALID');
  });
});

describe('spkiFingerprint', () => {
  it('is SHA-256 of the public key in hex', async () => {
    const { certificate } = await makeCircle();
    const spki = certificate.publicKey.export({ type: 'spki', format: 'der' });
    expect(spkiFingerprint(certificate)).toBe(createHash('sha256').update(spki).digest('hex'));
  });
});
