/** The addresses by which others may reach this machine; asks the operating system, resolves nothing. */
import { isIPv4, isIPv6 } from 'node:net';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { addressLimit } from './invite.js';

/**
 * In order of trial: IPv4, then IPv6, no more than an invite holds. Link-local addresses are left
 * out, for they mean something else on every machine; without a network there is only loopback.
 *
 * @param host - the one address a server listens on; undefined or a wildcard when it listens on all
 */
export function reachableAddresses(
  host: string | undefined,
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces(),
): string[] {
  if (host !== undefined && host !== '0.0.0.0' && host !== '::') return [host.toLowerCase()];
  const addresses = Object.values(interfaces)
    .flatMap((entries) => entries ?? [])
    .filter(({ internal, address }) => !internal && !/^(fe[89ab]|169\.254\.)/i.test(address))
    .map(({ address }) => address);
  const ordered = [
    ...addresses.filter((address) => isIPv4(address)),
    ...addresses.filter((address) => isIPv6(address)),
  ];
  const usable = host === '0.0.0.0' ? ordered.filter((address) => isIPv4(address)) : ordered;
  return usable.length === 0 ? ['127.0.0.1'] : usable.slice(0, addressLimit);
}
