/** GeneralNames (RFC 5280 §4.2.1.6) as text for people: every kind, also those that we never issue. Judges nothing. */
import { quote } from '../errors.js';
import { DerError, DerReader } from './der-reader.js';
import { ipText } from './ip-address.js';
import { nameText } from './name-text.js';

/**
 * One name, such as `dns:bob.example` or `ip:192.168.1.7`.
 *
 * @param reader - at the name; a constraint's address has its mask behind it
 * @throws {DerError} when it is malformed
 */
export function generalNameText(reader: DerReader): string {
  const { tag, content } = reader.readAny();
  switch (tag) {
    case 0xa0:
      return `other:${new DerReader(content).oid()}`;
    case 0x81:
      return `email:${shown(content)}`;
    case 0x82:
      return `dns:${shown(content)}`;
    case 0xa4:
      return `directory:${nameText(content)}`;
    case 0x86:
      return `uri:${shown(content)}`;
    case 0x87:
      return `ip:${addressText(content)}`;
    case 0x88:
      return 'registered id';
    default:
      throw new DerError(`a name has the unknown tag 0x${tag.toString(16)}`);
  }
}

/** In quotes where it holds what could end it, so that one name cannot look like two. */
function shown(octets: Buffer): string {
  const text = octets.toString('latin1');
  return /^[\x21-\x7e]*$/.test(text) ? text : quote(text);
}

function addressText(octets: Buffer): string {
  const address = ipText(octets);
  if (address !== undefined) return address;
  const half = octets.length / 2;
  const [base, mask] = [ipText(octets.subarray(0, half)), ipText(octets.subarray(half))];
  if (base === undefined || mask === undefined) throw new DerError(`an address has ${octets.length} octets`);
  return `${base}/${mask}`;
}

/** All names of a list, one after the other. */
export function generalNamesText(reader: DerReader): string {
  const names: string[] = [];
  while (!reader.done) names.push(generalNameText(reader));
  return names.join(', ');
}
