/** The CA of a home that is to host: the one that is there, or one made now. */
import { isQTChatError } from '../../errors.js';
import { dayOf } from '../../pki/day.js';
import { caKeyIsEncrypted } from '../../store/ca.js';
import type { Home } from '../../store/home.js';
import { type CaPassword, findCaPassword } from '../ca/ca-password.js';
import { createCa } from '../ca/create-ca.js';
import { describeCa } from '../ca/describe-ca.js';
import type { Deps } from '../deps.js';
import { givenPassword, readPassword } from '../password.js';

/** How to get at the CA. */
export interface HostCaOptions {
  /** Value of `--ca-password-file`. */
  readonly passwordFile: string | undefined;
  /** A CA made now keeps its key unencrypted. */
  readonly noPassword: boolean;
  /** What must have gone well before anybody is asked for a password. */
  readonly beforeAsking: () => Promise<unknown>;
  /** Told what was made. */
  readonly say: (line: string) => void;
}

const validityDays = 3650;

/**
 * Makes a CA unless there is one. Either way its password is asked for once, if that must be.
 *
 * @throws {QTChatError} what `createCa`, `findCaPassword` and `readPassword` throw
 */
export async function hostCa(home: Home, options: HostCaOptions, deps: Deps): Promise<CaPassword> {
  const { passwordFile: file, noPassword, beforeAsking, say } = options;
  if (await hasCa(home)) return findCaPassword(home, { file, beforeAsking }, deps);
  const wanted = { purpose: 'ca', file, confirm: true, optional: true, deps } as const;
  const given = noPassword ? undefined : await givenPassword(wanted);
  let chosen = given;
  const password = async (): Promise<string | undefined> => {
    await beforeAsking();
    if (!noPassword) chosen ??= await readPassword(wanted);
    return chosen;
  };
  const request = { name: 'QTChat circle', keyType: 'p256', validityDays, intermediate: false, force: false } as const;
  const created = await createCa(home, { ...request, password }, deps);
  const { name, notAfter, keyPath } = describeCa(home, created.chain, created.encrypted);
  say(`Made the CA "${name}", valid until ${dayOf(notAfter)}`);
  if (!created.encrypted) say(`Its key has no password: whoever can read ${keyPath} can issue certificates`);
  const isInFile = given !== undefined && file !== '-';
  if (isInFile || !created.encrypted) return findCaPassword(home, { file, beforeAsking }, deps);
  return {
    again: false,
    read: async () => {
      const once = chosen;
      chosen = undefined;
      return once;
    },
  };
}

async function hasCa(home: Home): Promise<boolean> {
  try {
    await caKeyIsEncrypted(home);
    return true;
  } catch (error) {
    if (isQTChatError(error, 'ERR_STORE_NO_CA')) return false;
    throw error;
  }
}
