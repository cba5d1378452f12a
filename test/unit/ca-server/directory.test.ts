/** The directory on the port for members: who may say what, and who is told. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { askDirectory, tellDirectory } from '../../../src/enroll/directory-client.js';
import { isHostToDial, isListable } from '../../../src/enroll/listed-hosts.js';
import { askAutoCa } from '../../../src/enroll/members-client.js';
import { memberPaths, parseListing, parseListingRequest } from '../../../src/enroll/members-wire.js';
import { revokeCertificate } from '../../../src/ledger/certificates.js';
import { switchDirectory } from '../../../src/ledger/directory.js';
import type { AutoCaPlace, Identity } from '../../../src/store/identities.js';
import { enrollInMemory, TestHost } from '../../helpers/enrollment.js';

let host: TestHost;
let place: AutoCaPlace;
let alice: Identity;
let bob: Identity;

beforeAll(async () => {
  const limits = { hellosPerSecond: 1000, helloBurst: 1000, connectionsPerAddress: 200 };
  host = await TestHost.start(limits, { clock: () => new Date(), random: randomBytes }, { tlsPort: 0 });
  place = { addresses: ['127.0.0.1'], port: host.members.port };
  const enrolled = async (member: string) =>
    (await enrollInMemory(await host.invite({ member }), { localKey: true, deps: host.deps })).enrolled.identity;
  alice = await enrolled('alice');
  bob = await enrolled('bob');
});
afterAll(() => host.stop());

const post = (text: string, as = alice) =>
  askAutoCa(place, { method: 'POST', path: memberPaths.directory, body: Buffer.from(text), limitBytes: 4096 }, as);

describe('the directory', () => {
  it('tells a member where another one listens, until that one takes it back', async () => {
    expect(await askDirectory(place, 'alice', bob)).toEqual([]);
    expect(await tellDirectory(place, { port: 17_590, hosts: ['192.168.1.7', 'fd00::7'] }, alice)).toBe(true);
    expect(await askDirectory(place, 'alice', bob)).toEqual([
      { host: '192.168.1.7', port: 17_590 },
      { host: 'fd00::7', port: 17_590 },
    ]);
    expect(await tellDirectory(place, { port: 17_590, hosts: [] }, alice)).toBe(false);
    expect(await askDirectory(place, 'alice', bob)).toEqual([]);
  });

  it('lets each member speak for itself alone', async () => {
    await tellDirectory(place, { port: 17_590, hosts: ['192.168.1.7'] }, alice);
    await tellDirectory(place, { port: 17_590, hosts: ['192.168.1.66'] }, bob);
    expect(await askDirectory(place, 'alice', bob)).toEqual([{ host: '192.168.1.7', port: 17_590 }]);
    await expect(post('{"port":17590,"hosts":[],"member":"bob"}')).rejects.toMatchObject({ code: 'ERR_PROTOCOL' });
    expect(await askDirectory(place, 'bob', alice)).toHaveLength(1);
  });

  it.each(['nobody', '..', '%00', 'QTChat Auto CA', "' or 1=1 --", 'a/b', ''])('says nothing of %j', async (name) => {
    expect(await askDirectory(place, name, bob)).toEqual([]);
  });

  it.each([
    ['no JSON', 'x'],
    ['no port', '{"hosts":["192.168.1.7"]}'],
    ['port 0', '{"port":0,"hosts":["192.168.1.7"]}'],
    ['port 65536', '{"port":65536,"hosts":["192.168.1.7"]}'],
    ['half a port', '{"port":1.5,"hosts":["192.168.1.7"]}'],
    ['a host name', '{"port":1,"hosts":["alice.example.org"]}'],
    ['a zone', '{"port":1,"hosts":["fe80::1%eth0"]}'],
    ['an address with a port', '{"port":1,"hosts":["192.168.1.7:80"]}'],
    ['nine hosts', JSON.stringify({ port: 1, hosts: Array.from({ length: 9 }, (_, one) => `10.0.0.${one}`) })],
    ['more than there is', '{"port":1,"hosts":[],"until":"2099"}'],
    ['much', `{"port":1,"hosts":["${'1'.repeat(2000)}"]}`],
  ])('takes no listing with %s', async (_what, text) => {
    await expect(post(text)).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_/) });
    expect(() => parseListingRequest(Buffer.from(text))).toThrow();
  });

  it('leaves out what others must not dial', async () => {
    const hosts = ['0.0.0.0', '224.0.0.251', '255.255.255.255', '192.168.1.7', 'ff02::1', 'fe80::1', '::'];
    await tellDirectory(place, { port: 17_590, hosts }, alice);
    expect(await askDirectory(place, 'alice', bob)).toEqual([{ host: '192.168.1.7', port: 17_590 }]);
    // Here both are on one machine.
    await tellDirectory(place, { port: 17_590, hosts: ['127.0.0.1', '::1'] }, alice);
    expect(await askDirectory(place, 'alice', bob)).toHaveLength(2);
  });

  it('says nothing of who was revoked, and to nobody who was', async () => {
    const invite = await host.invite({ member: 'carol' });
    const carol = (await enrollInMemory(invite, { localKey: true, deps: host.deps })).enrolled.identity;
    await tellDirectory(place, { port: 17_590, hosts: ['192.168.1.9'] }, carol);
    expect(await askDirectory(place, 'carol', bob)).toHaveLength(1);
    await revokeCertificate(host.ledger, carol.chain[0]?.serialNumber ?? '', 'keyCompromise', host.deps);
    expect(await askDirectory(place, 'carol', bob)).toEqual([]);
    await expect(askDirectory(place, 'bob', carol)).rejects.toMatchObject({ code: 'ERR_ENROLL_REFUSED' });
  });

  it('does not exist where the host has switched it off', async () => {
    await tellDirectory(place, { port: 17_590, hosts: ['192.168.1.7'] }, alice);
    await switchDirectory(host.ledger, false, host.deps);
    try {
      expect(await askDirectory(place, 'alice', bob)).toEqual([]);
      expect(await tellDirectory(place, { port: 17_590, hosts: ['192.168.1.7'] }, alice)).toBe(false);
    } finally {
      await switchDirectory(host.ledger, true, host.deps);
    }
    expect(await askDirectory(place, 'alice', bob)).toEqual([]);
    expect(host.events.filter(({ event }) => event === 'failed')).toEqual([]);
  });
});

describe('addresses in the directory', () => {
  it.each(['10.0.0.1', '192.168.1.255', '8.8.8.8', '169.254.1.1', '2001:db8::1', 'fd00::1'])('may be %s', (address) => {
    expect(isHostToDial(address)).toBe(true);
  });

  it.each([
    '0.0.0.0',
    '0.1.2.3',
    '239.1.2.3',
    '255.255.255.255',
    '::',
    '::ffff:10.0.0.1',
    'fe80::1',
    'ff02::1',
    'x',
    '',
  ])('may not be %s', (address) => {
    expect(isListable(address)).toBe(false);
  });

  it.each(['127.0.0.1', '127.8.9.10', '::1'])('may be %s for the same machine alone', (address) => {
    expect([isListable(address), isHostToDial(address)]).toEqual([true, false]);
  });

  it('are no answer where there are too many, or of another form', () => {
    const many = Array.from({ length: 33 }, () => ({ host: '10.0.0.1', port: 1 }));
    for (const answer of [{ addresses: many }, { addresses: [{ host: 'x', port: 1 }] }, {}, []]) {
      expect(() => parseListing(Buffer.from(JSON.stringify(answer)))).toThrow();
    }
  });
});
