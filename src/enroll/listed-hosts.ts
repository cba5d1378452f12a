/** Judges the addresses that members give for themselves: others will dial what is said here. */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

// A list for each family: one for both would find every IPv4 address among the mapped ones.
const nobodys = { ipv4: new BlockList(), ipv6: new BlockList() };
nobodys.ipv4.addSubnet('0.0.0.0', 8);
nobodys.ipv4.addSubnet('224.0.0.0', 3);
nobodys.ipv6.addAddress('::', 'ipv6');
nobodys.ipv6.addSubnet('::ffff:0:0', 96, 'ipv6');
// Means another machine on every network.
nobodys.ipv6.addSubnet('fe80::', 10, 'ipv6');
nobodys.ipv6.addSubnet('ff00::', 8, 'ipv6');

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/** Tells whether others may be told to dial `host`: an IP address of one machine that is not this one. */
export function isHostToDial(host: string): boolean {
  return isListable(host) && !isLoopback(host);
}

/** The same, or loopback: of use to who is on the same machine. */
export function isListable(host: string): boolean {
  const family = familyOf(host);
  return family !== undefined && !nobodys[family].check(host, family);
}

/** Tells whether `address` is this machine itself. */
export function isLoopback(address: string): boolean {
  const family = familyOf(address);
  return family !== undefined && loopback.check(address, family);
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  if (isIPv4(address)) return 'ipv4';
  return isIPv6(address) && !address.includes('%') ? 'ipv6' : undefined;
}
