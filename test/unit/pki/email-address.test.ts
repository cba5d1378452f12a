import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseEmailAddress } from '../../../src/pki/email-address.js';
import { refusalOf } from './refusal.js';

describe('parseEmailAddress', () => {
  it.each([
    ['bob@example.org', 'bob@example.org'],
    ['Bob.Smith+chat@Example.ORG', 'Bob.Smith+chat@example.org'],
    ["o'brien@example.org", "o'brien@example.org"],
    ['bob@ship', 'bob@ship'],
    ['bob@münchen.de', 'bob@xn--mnchen-3ya.de'],
    [`${'a'.repeat(64)}@example.org`, `${'a'.repeat(64)}@example.org`],
  ])('reads %s as %s', (text, value) => {
    expect(parseEmailAddress(text)).toEqual({ type: 'email', value });
  });

  it.each([
    ['nothing', ''],
    ['no @', 'bob.example.org'],
    ['nobody', '@example.org'],
    ['no host', 'bob@'],
    ['two @', 'bob@eve@example.org'],
    ['a display name', 'Bob <bob@example.org>'],
    ['a quoted part', '"bob"@example.org'],
    ['a comment', 'bob(b)@example.org'],
    ['a dot at the start', '.bob@example.org'],
    ['a dot at the end', 'bob.@example.org'],
    ['two dots in a row', 'b..b@example.org'],
    ['a leading space', ' bob@example.org'],
    ['a trailing space', 'bob@example.org '],
    ['a newline', 'bob@example.org\n'],
    ['a null octet', 'bob\0@example.org'],
    ['a list', 'bob@example.org,eve@example.org'],
    ['another script before the @', 'bõb@example.org'],
    ['an address as host', 'bob@192.168.1.7'],
    ['an address in brackets', 'bob@[192.168.1.7]'],
    ['a wildcard', 'bob@*.example.org'],
    ['a leading dot of the host', 'bob@.example.org'],
    ['65 characters before the @', `${'a'.repeat(65)}@example.org`],
    ['255 characters', `bob@${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.example`],
    ['a URI', 'mailto:bob@example.org'],
  ])('refuses %s', (_, text) => {
    expect(refusalOf(() => parseEmailAddress(text))).toBe('ERR_PKI_SAN_INVALID');
  });

  it('refuses any text or reads it into a form that it reads again', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.emailAddress()), (text) => {
        let value = '';
        const refusal = refusalOf(() => {
          value = parseEmailAddress(text).value;
        });
        if (refusal === undefined) expect(parseEmailAddress(value).value).toBe(value);
        else expect(refusal).toBe('ERR_PKI_SAN_INVALID');
      }),
    );
  });
});
