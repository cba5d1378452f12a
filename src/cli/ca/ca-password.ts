/** The password of the CA key for a process that may have to be started again while nobody is there to be asked. */
import { caKeyIsEncrypted } from '../../store/ca.js';
import type { Home } from '../../store/home.js';
import { givenPassword, type PasswordRequest, readPassword } from '../password.js';

/** Where a password comes from, and what is kept of it: nothing, once it was read. */
export interface CaPassword {
  /** The password, each time that it is needed; undefined for a key without one. */
  read(): Promise<string | undefined>;
  /** It can be read again: there is none, or it is in a file. */
  readonly again: boolean;
}

/**
 * Finds the password of the CA key, asking for it if that must be.
 *
 * @param options.file - value of `--ca-password-file`
 * @param options.beforeAsking - what must have gone well before anybody is asked
 * @throws {QTChatError} `ERR_STORE_NO_CA`, and what {@link readPassword} throws
 */
export async function findCaPassword(
  home: Home,
  options: { file?: string | undefined; beforeAsking: () => Promise<unknown> },
  deps: PasswordRequest['deps'],
): Promise<CaPassword> {
  if (!(await caKeyIsEncrypted(home))) return { read: async () => undefined, again: true };
  const request = { purpose: 'ca', ...options, deps } as const;
  const given = await givenPassword(request);
  let first = given ?? (await readPassword(request));
  return {
    again: given !== undefined && options.file !== '-',
    read: async () => {
      const password = first ?? (await givenPassword(request));
      first = undefined;
      return password;
    },
  };
}
