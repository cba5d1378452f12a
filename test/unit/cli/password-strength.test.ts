import { describe, expect, it } from '@jest/globals';
import { passwordStrength } from '../../../src/cli/password-strength.js';

describe('passwordStrength', () => {
  it.each([
    ['one letter', 'x'],
    ['the first that everybody tries', 'password'],
    ['the same with signs in the place of letters', 'P@ssw0rd!'],
    ['a row of the keyboard', 'qwertyuiop'],
    ['a row of the keyboard, backwards', 'poiuytrewq'],
    ['digits in order', '1234567890123456'],
    ['the same again and again', 'aaaaaaaaaaaaaaaaaaaaaaaa'],
    ['a block again and again', 'xk4xk4xk4xk4xk4xk4xk4xk4'],
    ['a word, a year and a sign', 'Summer2024!'],
    ['two birthdays', '2412198703051990'],
    ['a name with a number', 'Alexander42'],
    ['two words', 'zebra-cactus'],
    ['eight digits', '73920518'],
  ])('calls %s weak', (_title, password) => {
    expect(passwordStrength(password)).toMatchObject({ level: 'weak', hint: expect.stringMatching(/^Weak: /) });
  });

  it.each([
    ['four random words', 'zebra-cactus-ordinary-winter'],
    ['nine letters, digits and signs by chance', 'x7Kq-2mWp'],
  ])('calls %s no more than fair', (_title, password) => {
    expect(passwordStrength(password)).toMatchObject({ level: 'fair', hint: expect.stringMatching(/^Fair: /) });
  });

  it.each([
    ['six random words', 'zebra cactus ordinary window pledge violin'],
    ['sixteen characters by chance', 'Xk3$vQ9!mZ2#pL7w'],
    ['twenty letters by chance', 'xkqjzvbwmtrplcdsgnhf'],
    ['octets in hexadecimal', '9f86d081884c7d659a2feaa0c55ad015'],
  ])('calls %s strong', (_title, password) => {
    expect(passwordStrength(password)).toMatchObject({ level: 'strong', hint: expect.stringMatching(/^Strong: /) });
  });

  it('copes with letters of any script, broken surrogates and a megabyte', () => {
    for (const password of ['пароль', '密码密码', '\ud800', '🔑🔑', 'x'.repeat(1 << 20)]) {
      expect(passwordStrength(password).hint).toMatch(/^(Weak|Fair|Strong): /);
    }
  });

  it('says neither the password nor how long it is', () => {
    const { hint } = passwordStrength('Rumpelstilz');
    expect(hint).not.toContain('Rumpel');
    expect(hint).not.toMatch(/\d/);
  });
});
