/** Text for a POSIX shell: every value from outside is quoted, so that what is printed can be run as it stands. */

/** A word for the shell, in quotes wherever it needs them. */
export function word(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * A path for a command: never taken for an option, nor for a URI such as openssl reads in the place of a file.
 */
export function pathWord(path: string): string {
  return word(/^-|^[A-Za-z][A-Za-z0-9+.-]*:/.test(path) ? `./${path}` : path);
}

/** A file to be written, its content as it stands; `$name` in it is replaced by the shell. */
export function file(path: string, lines: readonly string[]): string {
  return [`cat > ${pathWord(path)} <<END`, ...lines, 'END'].join('\n');
}

/** `-subj` for one common name (openssl-req(1)). */
export function subject(commonName: string): string {
  return `-subj ${word(`/CN=${commonName.replace(/[\\/+=]/g, '\\$&')}`)}`;
}

/** `-passin` or its like for a password file as our flags name it; nothing when openssl is to ask. */
export function password(option: string, path: string | undefined): string[] {
  if (path === undefined) return [];
  return [option, path === '-' ? 'stdin' : word(`file:${path}`)];
}
