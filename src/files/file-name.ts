/** Judges names that a peer gives its files. A name is refused, never repaired: repairing is guessing. */
import { maximumFileNameBytes } from '../protocol/messages.js';
import { isUnfinishedName } from '../store/unfinished.js';

// Room for " (99)" and for the suffix of an unfinished file, within the 255 octets of file systems.
const reservedBytes = 40;
// Separators, what Windows reserves, control characters, and what turns the reading direction.
const forbidden = /[/\\<>:"|?*\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u;
const windowsDevice = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\.|$)/i;

/** Tells whether `name` may be a name within a received folder: as for files, and hidden ones too. */
export function isSafeEntryName(name: string): boolean {
  return isSafeFileName(/^\.[^.]/.test(name) ? `x${name}` : name);
}

/**
 * Tells whether `name` may be the name of a received file on every system: one plain name, no path,
 * not hidden (a received `.profile` would be run), no device, no trailing dot or space.
 */
export function isSafeFileName(name: string): boolean {
  const sizeBytes = Buffer.byteLength(name, 'utf8');
  if (sizeBytes === 0 || sizeBytes > maximumFileNameBytes - reservedBytes) return false;
  if (forbidden.test(name) || windowsDevice.test(name) || isUnfinishedName(name)) return false;
  return !/^[. ]|[. ]$/.test(name) && !/\p{Cs}/u.test(name);
}
