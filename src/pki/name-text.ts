/** Distinguished names as text for people (RFC 4514 §2.4, but in the order of the certificate). Judges nothing. */
import { parsing } from './certificate-fields.js';
import { derTags } from './der.js';
import { DerReader } from './der-reader.js';

const shortNames: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'street',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'title',
  '2.5.4.4': 'SN',
  '2.5.4.42': 'GN',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'emailAddress',
};

/**
 * A Name on one line, such as `O=Us, CN=bob`. What could be mistaken for the beginning of another
 * attribute is escaped by a backslash; control characters are left for whoever prints it.
 *
 * @param name - the complete encoding
 * @throws {QTChatError} `ERR_PKI_CERTIFICATE_INVALID` when it is malformed
 */
export function nameText(name: Buffer): string {
  return parsing('name', () => {
    const rdns = new DerReader(name).enter();
    const texts: string[] = [];
    while (!rdns.done) texts.push(rdnText(rdns.enter(derTags.set)));
    return texts.join(', ');
  });
}

function rdnText(rdn: DerReader): string {
  const attributes: string[] = [];
  while (!rdn.done) {
    const attribute = rdn.enter();
    const oid = attribute.oid();
    const { tag, content } = attribute.readAny();
    attributes.push(`${shortNames[oid] ?? oid}=${escaped(stringText(tag, content))}`);
  }
  return attributes.join('+');
}

function stringText(tag: number, content: Buffer): string {
  if (tag === derTags.utf8String) return content.toString('utf8');
  if (tag === derTags.bmpString && content.length % 2 === 0) return Buffer.from(content).swap16().toString('utf16le');
  return content.toString('latin1');
}

function escaped(value: string): string {
  return value.replace(/[\\,+"<>;]|^[ #]| $/g, (character) => `\\${character}`);
}
