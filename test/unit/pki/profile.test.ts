import { describe, expect, it } from '@jest/globals';
import { parseProfile } from '../../../src/pki/profile.js';
import { peerProfile } from './issuing.js';
import { refusalOf } from './refusal.js';

describe('parseProfile', () => {
  it('reads the shipped profile of members', () => {
    expect(peerProfile).toMatchObject({
      defaultValidityDays: 365,
      maximumValidityDays: 825,
      keyUsages: ['digitalSignature'],
      extendedKeyUsages: ['serverAuth', 'clientAuth'],
    });
  });

  it.each([
    ['no object', undefined],
    ['null', null],
    ['a list', []],
    ['a text', 'peer'],
  ])('refuses %s', (_, value) => {
    expect(refusalOf(() => parseProfile(value))).toBe('ERR_PKI_TEMPLATE_INVALID');
  });

  it.each<[string, Record<string, unknown>]>([
    ['an unknown field', { ca: true }],
    ['no purpose', { purpose: '' }],
    ['a purpose that is no text', { purpose: 7 }],
    ['no key types', { keyTypes: [] }],
    ['a weak key type', { keyTypes: ['rsa1024'] }],
    ['the right to sign certificates', { keyUsages: ['digitalSignature', 'keyCertSign'] }],
    ['a usage twice', { keyUsages: ['digitalSignature', 'digitalSignature'] }],
    ['no usages', { keyUsages: undefined }],
    ['an unknown purpose', { extendedKeyUsages: ['codeSigning'] }],
    ['purposes that are no list', { extendedKeyUsages: 'serverAuth' }],
    ['a validity of 0 days', { defaultValidityDays: 0 }],
    ['a validity of half a day', { defaultValidityDays: 0.5 }],
    ['a usual validity above the longest', { defaultValidityDays: 400, maximumValidityDays: 365 }],
    ['a validity above 825 days', { maximumValidityDays: 826 }],
    ['a validity in text', { maximumValidityDays: '825' }],
  ])('refuses a profile with %s', (_, change) => {
    expect(refusalOf(() => parseProfile({ ...peerProfile, ...change }))).toBe('ERR_PKI_TEMPLATE_INVALID');
  });
});
