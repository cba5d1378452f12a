/** Libraries that calls need and nothing else does: where one is missing, only calls are. */
import { createRequire } from 'node:module';
import { QTChatError } from '../errors.js';

/** What is loaded only for calls, and what for. */
export const optionalLibraries = {
  '@roamhq/wrtc': 'carries calls',
  naudiodon: 'reaches the sound card',
  opusscript: 'writes voicemail',
  '@ennuicastr/webrtcaec3.js': 'keeps the speaker out of the microphone',
  '@echogarden/rnnoise-wasm': 'takes noise out of what the microphone hears',
} as const;

/** The name of one of them. */
export type OptionalLibrary = keyof typeof optionalLibraries;

/** Tells whether one is installed; whether it can be loaded, only loading it shows. */
export function hasOptional(name: OptionalLibrary): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
}

/**
 * Why there can be no calls here, where one that they cannot do without is not installed.
 *
 * @param byCard - whether they are to be heard by the sound card
 */
export function missingForCalls(byCard: boolean): QTChatError | undefined {
  const needed: OptionalLibrary[] = ['@roamhq/wrtc', ...(byCard ? (['naudiodon'] as const) : [])];
  const name = needed.find((one) => !hasOptional(one));
  return name && missing(name, Object.assign(new Error(), { code: 'ERR_MODULE_NOT_FOUND' }));
}

/**
 * Loads one of them.
 *
 * @throws {QTChatError} `ERR_CALL_LIBRARY`; the hint says what to install
 */
export async function loadOptional<Library>(name: OptionalLibrary): Promise<Library> {
  try {
    const loaded = (await import(name)) as { default: Library };
    return loaded.default;
  } catch (error) {
    throw missing(name, error);
  }
}

function missing(name: OptionalLibrary, error: unknown): QTChatError {
  const cause = error instanceof Error ? error.message : '';
  if (/libasound/.test(cause))
    return new QTChatError('ERR_CALL_LIBRARY', `${name} needs libasound, which is not installed`, {
      hint: 'On Debian and Ubuntu: apt install libasound2; on Fedora: dnf install alsa-lib',
      cause: error,
    });
  const isAbsent = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
  return new QTChatError(
    'ERR_CALL_LIBRARY',
    `${name}, which ${optionalLibraries[name]}, ${isAbsent ? 'is not installed' : 'cannot be loaded'}`,
    { hint: `Where qtchat is installed: npm install ${name}`, cause: error },
  );
}
