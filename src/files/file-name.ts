/** Judges names that a peer gives its files. A name is refused, never repaired: repairing is guessing. */
import { maximumFileNameBytes } from '../protocol/messages.js';
import { isUnfinishedName } from '../store/unfinished.js';

// Room for " (99)" and for the suffix of an unfinished file, within the 255 octets of file systems.
const reservedBytes = 40;
// Separators, what Windows reserves, control characters, and what turns the reading direction.
const forbidden = /[/\\<>:"|?*\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u;
// Takes no room at all, so that two names look like one. The joiners of emoji and of some scripts are not among these.
const invisible = /[\u{ad}\u{180e}\u{200b}\u{2060}-\u{2064}\u{feff}\u{fff9}-\u{fffb}]/u;
const windowsDevice = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\.|$)/i;
// What looks like / or \ and is not made one of them by compatibility normalization (NFKC).
const separatorLike = /[\u{2044}\u{2215}\u{2216}\u{29f5}\u{29f8}\u{29f9}]/gu;
const pathLike = /^([/\\]|[a-z]:[/\\])|(^|[/\\])\.{1,2}([/\\]|$)/i;

/** Tells whether `name` may be a name within a received folder: as for files, and hidden ones too. */
export function isSafeEntryName(name: string): boolean {
  return isSafeFileName(/^\.[^.]/.test(name) ? `x${name}` : name) && !pathLike.test(asRead(name));
}

/**
 * Tells whether `name` may be the name of a received file on every system: one plain name, no path and
 * nothing that reads like a path upwards or from the root, not hidden (a received `.profile` would be run),
 * no device, no dot or space at its end.
 */
export function isSafeFileName(name: string): boolean {
  const sizeBytes = Buffer.byteLength(name, 'utf8');
  if (sizeBytes === 0 || sizeBytes > maximumFileNameBytes - reservedBytes) return false;
  if (forbidden.test(name) || invisible.test(name) || isUnfinishedName(name)) return false;
  const read = asRead(name);
  if (windowsDevice.test(name) || windowsDevice.test(read) || pathLike.test(read)) return false;
  return !/^[.\s]|[.\s]$/u.test(name) && !/\p{Cs}/u.test(name);
}

/** With full-width and other look-alikes as what they look like; alone they are harmless, and in use for what Windows forbids. */
function asRead(name: string): string {
  return name.normalize('NFKC').replace(separatorLike, '/');
}
