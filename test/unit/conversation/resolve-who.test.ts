import { describe, expect, it } from '@jest/globals';
import { parseListen } from '../../../src/conversation/listen-at.js';
import { explainUnknownName, parseAddress, resolveWho } from '../../../src/conversation/resolve-who.js';
import { judgeFound } from '../../../src/conversation/trust.js';
import { QTChatError } from '../../../src/errors.js';
import type { Contact, ContactBook } from '../../../src/store/contacts.js';
import type { Identity } from '../../../src/store/identities.js';
import type { PeerIdentity } from '../../../src/transport/identify-peer.js';

const self = { member: 'bob', circleId: 'c' } as Identity;
const known: Contact = { member: 'alice', circleId: 'c', addresses: [{ host: '10.0.0.1', port: 4000 }] };
const contacts = { named: async (_: string, name: string) => (name === 'alice' ? known : undefined) } as ContactBook;

describe('a name that no host has', () => {
  const failure = (code: string) =>
    new QTChatError('ERR_PEER_UNREACHABLE', 'no host has that name', { cause: Object.assign(new Error(), { code }) });
  const typed = { who: 'alcie', host: 'alcie', addresses: [] };

  it('is said to be no contact either, unless it is the address of one', () => {
    const both = 'no contact is called so, and no host has that name';
    expect(explainUnknownName(failure('ENOTFOUND'), typed)).toMatchObject({
      code: 'ERR_PEER_UNREACHABLE',
      message: both,
    });
    const contact = { ...typed, member: 'alice' };
    for (const [error, target] of [[failure('ENOTFOUND'), contact] as const, [failure('ECONNREFUSED'), typed] as const])
      expect(explainUnknownName(error, target)).toBe(error);
  });
});

describe('WHO', () => {
  it('is a contact first, tried where it was and on both chat ports', async () => {
    expect(await resolveWho('alice', self, contacts)).toEqual({
      who: 'alice',
      member: 'alice',
      seek: 'alice',
      addresses: [4000, 17_590, 17_591].map((port) => ({ host: '10.0.0.1', port })),
    });
  });

  it('is ourselves under our own name: nobody to dial', async () => {
    expect(await resolveWho('bob', self, contacts)).toEqual({ who: 'bob', addresses: [] });
  });

  it.each([
    ['192.168.1.100', '192.168.1.100', [17_590, 17_591]],
    ['192.168.1.100:4000', '192.168.1.100', [4000]],
    ['fd00::1', 'fd00::1', [17_590, 17_591]],
    ['[fd00::1]:4000', 'fd00::1', [4000]],
    ['[fd00::1]', 'fd00::1', [17_590, 17_591]],
  ])('is an address as %s', async (who, host, ports) => {
    expect(await resolveWho(who, self, contacts)).toEqual({
      who,
      host,
      addresses: ports.map((port) => ({ host, port })),
    });
  });

  it.each(['ship.example', 'ship', 'x1'])('may be an address or a member that is not met yet as %s', async (who) => {
    const addresses = [17_590, 17_591].map((port) => ({ host: who, port }));
    expect(await resolveWho(who, self, contacts)).toEqual({ who, host: who, seek: who, addresses });
  });

  it.each(['ship:4000', 'Ship'])('is an address alone as %s', async (who) => {
    expect(await resolveWho(who, self, contacts)).not.toHaveProperty('seek');
  });

  it.each([
    '',
    ' ',
    '192.168.1.300',
    '1.2.3',
    '10.0.0.0/8',
    'a b',
    'host:port',
    'host:99999',
    '[host]:1',
    '-x',
    'a/b',
    'a\u0000',
  ])('is refused as %j', (who) => {
    expect(() => parseAddress(who)).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }));
  });

  it('listens on all addresses and both ports unless told otherwise', () => {
    expect(parseListen(undefined)).toEqual({ ports: [17_590, 17_591] });
    expect(parseListen('127.0.0.1')).toEqual({ host: '127.0.0.1', ports: [17_590, 17_591] });
    expect(parseListen('[::1]:0')).toEqual({ host: '::1', ports: [0] });
    for (const text of ['17590', ':17590', '']) expect(() => parseListen(text)).toThrow(/is no address to listen on/);
  });
});

describe('who was found', () => {
  const peer = {
    member: 'alice',
    names: [
      { type: 'ip', value: '192.168.1.100' },
      { type: 'dns', value: 'ship.example' },
      { type: 'uri', value: 'other.example' },
    ],
  } as unknown as PeerIdentity;
  const at = (host: string) => ({ who: host, host, addresses: [] });

  it.each([
    ['the contact that was dialled', { who: 'alice', member: 'alice', addresses: [] }, undefined, 'trusted'],
    ['another contact', { who: 'carol', member: 'carol', addresses: [] }, 'alice', 'another'],
    ['an address of the certificate', at('192.168.1.100'), undefined, 'trusted'],
    ['a name of the certificate, in capitals', at('SHIP.example.'), undefined, 'trusted'],
    ['the member by its own name', at('alice'), undefined, 'trusted'],
    ['an address where it was confirmed', at('10.0.0.9'), 'alice', 'trusted'],
    ['an address where another was confirmed', at('10.0.0.9'), 'carol', 'confirm'],
    ['an address that says nothing', at('10.0.0.9'), undefined, 'confirm'],
    ['a URI of the certificate, which is no host', at('other.example'), undefined, 'confirm'],
  ])('is judged under %s', (_, target, lastConfirmed, expected) => {
    expect(judgeFound(peer, target, lastConfirmed)).toBe(expected);
  });
});
