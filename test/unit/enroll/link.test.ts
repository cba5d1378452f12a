import { describe, expect, it } from '@jest/globals';
import { formatLink, linkDigest, linkPassword, parseLinkId } from '../../../src/enroll/link.js';

const id = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
const seed = Buffer.alloc(32, 7);

describe('a link', () => {
  it('leads to the Auto CA by name, IPv4 and IPv6', () => {
    const [name, v4, v6] = ['ca.example.org', '192.168.1.100', 'fd00::1'].map((address) =>
      formatLink(id, { address, port: 17_592 }),
    );
    expect(name).toBe('http://ca.example.org:17592/link/AAECAwQFBgcICQoLDA0ODw');
    expect(v4).toBe('http://192.168.1.100:17592/link/AAECAwQFBgcICQoLDA0ODw');
    expect(v6).toBe('http://[fd00::1]:17592/link/AAECAwQFBgcICQoLDA0ODw');
    for (const link of [name, v4, v6])
      expect(parseLinkId(new URL(link ?? '').pathname.split('/')[2] ?? '')).toEqual(id);
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['a letter less', 'AAECAwQFBgcICQoLDA0OD'],
    ['a letter more', 'AAECAwQFBgcICQoLDA0ODwA'],
    ['another spelling of the last letter', 'AAECAwQFBgcICQoLDA0ODx'],
    ['padding', 'AAECAwQFBgcICQoLDA0ODw=='],
    ['a foreign character', 'AAECAwQFBgcICQoLDA0OD!w'],
    ['hex', '000102030405060708090a0b0c0d0e0f'],
  ])('has no id in %s', (_title, text) => {
    expect(parseLinkId(text)).toBeUndefined();
  });

  it('has a password in groups that no letter makes ambiguous', () => {
    const passwords = Array.from({ length: 200 }, (_none, number) => linkPassword(Buffer.alloc(16, number), seed));
    for (const password of passwords) expect(password).toMatch(/^[a-km-np-z2-9]{5}(-[a-km-np-z2-9]{5}){3}$/);
    expect(new Set(passwords).size).toBe(200);
  });

  it('has a password that neither its id nor its seed alone determines', () => {
    const password = linkPassword(id, seed);
    expect(linkPassword(id, seed)).toBe(password);
    expect(linkPassword(id, Buffer.alloc(32, 8))).not.toBe(password);
    expect(linkPassword(Buffer.from(id).fill(1, 15), seed)).not.toBe(password);
  });

  it('is known to the ledger by a digest only', () => {
    expect(linkDigest(id)).toBe('be45cb2605bf36bebde684841a28f0fd43c69850a3dce5fedba69928ee3a8991');
  });
});
