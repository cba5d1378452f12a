/**
 * Reads certificate profiles: those that come with the program, from `templates/`, and the users' own,
 * from the home's folder of that name. What a profile may say is decided in pki.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isQTChatError, QTChatError, quote } from '../errors.js';
import { packageRoot } from '../package-root.js';
import { type CaProfile, type Profile, parseCaProfile, parseProfile } from '../pki/profile.js';
import { type Home, profilesFolder } from './home.js';
import { readBoundedFile } from './private-file.js';

/** The profiles of end entities that come with the program; no file of a user replaces them. */
const builtInProfiles: readonly string[] = ['peer', 'server', 'client', 'ocsp'];

/** Of the certificate by which the Auto CA proves itself; not for members, so not offered. */
export const autoCaProfile = 'autoca';

const intermediateProfile = 'intermediate';
const profileName = /^[a-z0-9][a-z0-9-]{0,62}$/;

/**
 * The profile of end entities with a name: `templates/<name>.json` of the program, or else of `home`.
 *
 * @throws {QTChatError} `ERR_STORE_NOT_FOUND` when there is none; `ERR_PKI_TEMPLATE_INVALID` when it is not JSON,
 *   or says what no profile may
 */
export async function loadProfile(name = 'peer', home?: Home): Promise<Profile> {
  if (builtInProfiles.includes(name) || name === autoCaProfile) return parseProfile(await readBuiltIn(name));
  if (home === undefined || !profileName.test(name) || name === intermediateProfile) throw await unknown(name, home);
  const path = join(profilesFolder(home), `${name}.json`);
  try {
    return parseProfile(parseJson(await readBoundedFile(path)));
  } catch (error) {
    if (isQTChatError(error, 'ERR_STORE_NOT_FOUND')) throw await unknown(name, home);
    if (!isQTChatError(error, 'ERR_PKI_TEMPLATE_INVALID')) throw error;
    throw new QTChatError(error.code, `${quote(path)}: ${error.message}`, { hint: error.hint ?? '', cause: error });
  }
}

/**
 * The profile of intermediate CAs.
 *
 * @throws {QTChatError} `ERR_PKI_TEMPLATE_INVALID`
 */
export async function loadCaProfile(): Promise<CaProfile> {
  return parseCaProfile(await readBuiltIn(intermediateProfile));
}

async function readBuiltIn(name: string): Promise<unknown> {
  const path = join(packageRoot(), 'templates', `${name}.json`);
  try {
    return parseJson(await readBoundedFile(path));
  } catch (error) {
    throw new QTChatError('ERR_PKI_TEMPLATE_INVALID', `cannot read the profile ${quote(path)}`, {
      hint: 'Install qtchat again',
      cause: error,
    });
  }
}

function parseJson(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'));
  } catch (error) {
    throw new QTChatError('ERR_PKI_TEMPLATE_INVALID', 'the certificate profile is not JSON', {
      hint: 'Compare it with templates/peer.json of the installation',
      cause: error,
    });
  }
}

async function unknown(name: string, home: Home | undefined): Promise<QTChatError> {
  const files = home === undefined ? [] : await readdir(profilesFolder(home)).catch(() => []);
  const own = files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length));
  const names = [...builtInProfiles, ...own.filter((file) => profileName.test(file)).sort()];
  return new QTChatError('ERR_STORE_NOT_FOUND', `there is no profile ${quote(name)}: expected ${names.join(', ')}`, {
    hint: home === undefined ? 'Choose one of them' : `Put one of your own into ${quote(profilesFolder(home))}`,
  });
}
