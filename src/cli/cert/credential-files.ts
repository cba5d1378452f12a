/** The files of a credential that leaves this home: NAME.pem, NAME.key, NAME.pfx. The root is never among them. */
import type { KeyObject, X509Certificate } from 'node:crypto';
import { dirname, join } from 'node:path';
import { toPem } from '../../pki/pem.js';
import { privateKeyToPem } from '../../pki/private-key.js';
import { createFolder, takeBack, writeFileSafely } from '../../store/private-file.js';
import { type BusyDeps, whileCalculating } from '../busy.js';
import type { Deps } from '../deps.js';

/** What to say of a `.pfx` with an Ed25519 key; a sentence without a full stop. */
export const ed25519PfxWarning = 'Firefox and other programs on NSS do not read Ed25519 keys from a .pfx';

/** Which files are written, and where. */
export interface CredentialPaths {
  /** The member's certificate, then intermediates. */
  readonly certificate?: string;
  /** PKCS #8, unencrypted, mode 0600. */
  readonly key?: string;
  readonly pfx?: string;
}

/** The paths of a member's credential in `folder`. */
export function credentialPaths(
  folder: string,
  member: string,
  parts: { pem: boolean; pfx: boolean },
): CredentialPaths {
  const path = (ending: string): string => join(folder, `${member}.${ending}`);
  return {
    ...(parts.pem && { certificate: path('pem'), key: path('key') }),
    ...(parts.pfx && { pfx: path('pfx') }),
  };
}

/** All of the paths. */
export function credentialPathList({ certificate, key, pfx }: CredentialPaths): string[] {
  return [certificate, key, pfx].filter((path) => path !== undefined);
}

/**
 * Writes the files of a credential, keys first.
 *
 * @param undo - gains one step for every file written; to be called from the last to the first
 * @throws {QTChatError} `ERR_STORE_EXISTS` unless `force`, `ERR_STORE_UNWRITABLE`, and what sealing the `.pfx` throws
 */
export async function writeCredential(
  request: { member: string; paths: CredentialPaths; pfxPassword?: string | undefined; force: boolean },
  credential: { key: KeyObject; chain: readonly X509Certificate[] },
  undo: (() => Promise<void>)[],
  deps: BusyDeps & Pick<Deps, 'random' | 'signal'>,
): Promise<void> {
  const { certificate, key, pfx } = request.paths;
  const write = async (path: string, content: string | Uint8Array, mode: 0o600 | 0o644): Promise<void> => {
    await createFolder(dirname(path));
    const old = await writeFileSafely(path, content, { mode, existing: request.force ? 'backup' : 'refuse' });
    undo.push(() => takeBack(path, old));
  };
  if (pfx !== undefined) await write(pfx, await seal(request, credential, deps), 0o600);
  if (key !== undefined) await write(key, privateKeyToPem(credential.key), 0o600);
  if (certificate !== undefined) await write(certificate, toPem(...credential.chain), 0o644);
}

async function seal(
  request: { member: string; pfxPassword?: string | undefined },
  { key, chain }: { key: KeyObject; chain: readonly X509Certificate[] },
  deps: BusyDeps & Pick<Deps, 'random' | 'signal'>,
): Promise<Buffer> {
  const { humanPasswordIterations, writePfx } = await import('../../pki/pfx.js');
  const { member, pfxPassword: password = '' } = request;
  const options = { password, friendlyName: member, iterations: humanPasswordIterations, random: deps.random };
  return whileCalculating('Encrypting', deps, () => writePfx({ key, chain: chain.map(({ raw }) => raw) }, options));
}
