import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { memberNameFrom, parseMemberName } from '../../../src/pki/member-name.js';
import { refusalOf } from './refusal.js';

describe('parseMemberName', () => {
  it.each(['a', '7', 'bob', 'bob.smith_2-x', 'a'.repeat(63)])('accepts %s', (name) => {
    expect(parseMemberName(name)).toBe(name);
  });

  it.each([
    ['an empty name', ''],
    ['upper case', 'Bob'],
    ['64 characters', 'a'.repeat(64)],
    ['a leading dot', '.bob'],
    ['a leading hyphen', '-bob'],
    ['a space', 'bob smith'],
    ['a slash', '../bob'],
    ['a letter outside ASCII', 'zoë'],
    ['a trailing newline', 'bob\n'],
    ['a null octet', 'bob\0'],
  ])('refuses %s', (_, name) => {
    expect(refusalOf(() => parseMemberName(name))).toBe('ERR_PKI_NAME_INVALID');
  });

  it('offers the nearest valid name', () => {
    expect(() => parseMemberName('Zoë Miller')).toThrow(expect.objectContaining({ hint: 'Try zoe-miller' }));
  });
});

describe('memberNameFrom', () => {
  it.each([
    ['alice', 'alice'],
    ['Alice Miller', 'alice-miller'],
    ['OFFICE\\alice', 'alice'],
    ['José.García', 'jose.garcia'],
    ['_www', 'www'],
    ['bob!', 'bob'],
    ['x'.repeat(80), 'x'.repeat(63)],
    ['李', undefined],
    ['', undefined],
  ])('makes of %p the name %p', (text, name) => {
    expect(memberNameFrom(text)).toBe(name);
  });

  it('makes nothing or a valid name of any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
        const name = memberNameFrom(text);
        if (name !== undefined) expect(parseMemberName(name)).toBe(name);
      }),
    );
  });
});
