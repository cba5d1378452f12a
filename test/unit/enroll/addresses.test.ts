import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { reachableAddresses } from '../../../src/enroll/addresses.js';

const entry = (address: string, internal = false): NetworkInterfaceInfo =>
  ({ address, internal, family: address.includes(':') ? 'IPv6' : 'IPv4' }) as NetworkInterfaceInfo;

describe('the addresses of an invite', () => {
  const interfaces = {
    lo: [entry('127.0.0.1', true), entry('::1', true)],
    eth0: [entry('fe80::1'), entry('2001:db8::1'), entry('192.168.1.100')],
    eth1: [entry('169.254.3.4'), entry('10.0.0.1')],
  };

  it.each<[string | undefined, string[]]>([
    [undefined, ['192.168.1.100', '10.0.0.1', '2001:db8::1']],
    ['::', ['192.168.1.100', '10.0.0.1', '2001:db8::1']],
    ['0.0.0.0', ['192.168.1.100', '10.0.0.1']],
    ['127.0.0.1', ['127.0.0.1']],
    ['CA.example', ['ca.example']],
  ])('for a server on %s are those a guest can use, IPv4 first', (host, expected) => {
    expect(reachableAddresses(host, interfaces)).toEqual(expected);
  });

  it('are loopback alone where there is no network', () => {
    expect(reachableAddresses(undefined, { lo: interfaces.lo })).toEqual(['127.0.0.1']);
  });

  it('are no more than an invite holds', () => {
    const many = Array.from({ length: 20 }, (_, index) => entry(`10.0.0.${index + 1}`));
    expect(reachableAddresses(undefined, { eth0: many })).toHaveLength(8);
  });
});
