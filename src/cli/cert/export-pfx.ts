/** `cert export --pfx`: an identity of this home, or a certificate and its key from files, as one `.pfx` file. */
import type { KeyObject, X509Certificate } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { isQTChatError, QTChatError } from '../../errors.js';
import { keyTypeOf } from '../../pki/key-type.js';
import { humanPasswordIterations, writePfx } from '../../pki/pfx.js';
import { isEncryptedPrivateKey, readPrivateKey } from '../../pki/private-key.js';
import { createFolder, readPrivateFile, refuseExisting, writeFileSafely } from '../../store/private-file.js';
import { type BusyDeps, whileCalculating } from '../busy.js';
import type { Deps } from '../deps.js';
import type { OpenIdentity } from '../identity/open-identity.js';
import { readCertificateFile } from './certificate-file.js';
import { ed25519PfxWarning } from './credential-files.js';

const legacyWarning = '3DES and SHA-1 protect less than AES: choose a long password, and keep the file to yourself';

/** What to export, and how. */
export interface ExportRequest {
  /** A member whose identity this home has; also the name that certificate stores will show. */
  readonly name: string;
  /** Take certificate and key from these files instead. */
  readonly files?: { readonly certificate: string; readonly key: string } | undefined;
  /** Opens the identity. */
  readonly openIdentity: OpenIdentity;
  /** Asked for a key in a file that has a password. */
  readonly keyPassword: () => Promise<string | undefined>;
  /** `NAME.pfx` in the current folder without it. */
  readonly out?: string | undefined;
  /** 3DES and SHA-1. */
  readonly legacy: boolean;
  /** Keep a file that stands in the way as `.bak`. */
  readonly force: boolean;
  /** Asked last, when nothing else is in the way. */
  readonly password: () => Promise<string>;
}

/** What was written. */
export interface ExportedPfx {
  readonly path: string;
  /** Where the file that stood there is now. */
  readonly oldPath: string | undefined;
  readonly keyType: string;
  /** The certificate, then its issuers as far as they go with it; never the root. */
  readonly chain: readonly X509Certificate[];
  /** What whoever uses the file should know; sentences without a full stop. */
  readonly warnings: readonly string[];
}

/**
 * Writes a `.pfx` file, mode 0600.
 *
 * @throws {QTChatError} `ERR_STORE_NO_IDENTITY`, `ERR_STORE_EXISTS` unless `force`, `ERR_PASSWORD_UNSUITABLE`,
 *   `ERR_PKI_KEY_INVALID` when key and certificate do not belong together; what reading throws
 */
export async function exportPfx(
  request: ExportRequest,
  deps: BusyDeps & Pick<Deps, 'random' | 'signal'>,
): Promise<ExportedPfx> {
  const { name, legacy, force } = request;
  const path = resolve(request.out ?? `${name}.pfx`);
  if (!force) await refuseExisting([path]);
  const { key, chain } = await readCredential(request, deps.signal);
  const password = await request.password();
  const options = { password, friendlyName: name, iterations: humanPasswordIterations, random: deps.random };
  const content = { key, chain: chain.map(({ raw }) => raw) };
  const form = legacy ? { form: 'legacy' as const } : {};
  const pfx = await whileCalculating('Encrypting', deps, () => writePfx(content, { ...options, ...form }));
  await createFolder(dirname(path));
  const oldPath = await writeFileSafely(path, pfx, { mode: 0o600, existing: force ? 'backup' : 'refuse' });
  const keyType = keyTypeOf(key) ?? key.asymmetricKeyType ?? 'unknown';
  const warnings = [...(legacy ? [legacyWarning] : []), ...(keyType === 'ed25519' ? [ed25519PfxWarning] : [])];
  return { path, oldPath, keyType, chain, warnings };
}

async function readCredential(
  { name, files, openIdentity, keyPassword }: ExportRequest,
  signal: AbortSignal,
): Promise<{ key: KeyObject; chain: X509Certificate[] }> {
  if (files === undefined) {
    const { privateKey, chain } = await openIdentity(name).catch((error: unknown) => {
      if (!isQTChatError(error, 'ERR_STORE_NO_IDENTITY')) throw error;
      const hint = `Where its files are, add --cert-file ${name}.pem --key-file ${name}.key`;
      throw new QTChatError(error.code, error.message, { hint, cause: error });
    });
    return { key: privateKey, chain };
  }
  const chain = await readCertificateFile(files.certificate, signal);
  const keyPem = await readPrivateFile(files.key, signal);
  const password = isEncryptedPrivateKey(keyPem) ? await keyPassword() : undefined;
  return { key: await readPrivateKey(keyPem, password), chain: chain.filter(isNoRoot) };
}

function isNoRoot(certificate: X509Certificate, index: number): boolean {
  return index === 0 || !certificate.checkIssued(certificate);
}
