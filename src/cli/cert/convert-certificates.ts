/** `cert convert`: the certificates of a file in another form. */
import type { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { QTChatError } from '../../errors.js';
import { toPem } from '../../pki/pem.js';
import { toPkcs7 } from '../../pki/pkcs7.js';
import { writeFileSafely } from '../../store/private-file.js';
import { readCertificateFile } from './certificate-file.js';

/** A form in which certificates come as files. */
export type CertificateForm = 'pem' | 'der' | 'pkcs7';

/** What came of it. */
export interface Converted {
  readonly form: CertificateForm;
  /** How many certificates. */
  readonly certificates: number;
  /** Where they are now; null when they are in `content`. */
  readonly file: string | null;
  /** The text, where no file was asked for. */
  readonly content: string | null;
}

/**
 * Converts the certificates of a file; the first stays the first.
 *
 * @param options.out - path to write; without it the text is returned
 * @param options.force - keep a file that stands there as `.bak`
 * @param options.signal - ends the waiting for a pipe
 * @throws {QTChatError} `ERR_USAGE` for DER of several certificates, or without `out`, `ERR_STORE_EXISTS` unless
 *   `force`, `ERR_STORE_UNWRITABLE`; what reading throws
 */
export async function convertCertificates(
  path: string,
  form: CertificateForm,
  options: { out?: string | undefined; force: boolean; signal: AbortSignal },
): Promise<Converted> {
  const certificates = await readCertificateFile(path, options.signal);
  const content = encode(certificates, form);
  if (options.out === undefined) {
    if (typeof content === 'string') return { form, certificates: certificates.length, file: null, content };
    throw new QTChatError('ERR_USAGE', 'DER is not text to be printed', { hint: 'Name a file with --out FILE' });
  }
  const file = resolve(options.out);
  await writeFileSafely(file, content, { mode: 0o644, existing: options.force ? 'backup' : 'refuse' });
  return { form, certificates: certificates.length, file, content: null };
}

function encode(certificates: readonly X509Certificate[], form: CertificateForm): string | Buffer {
  if (form === 'pem') return toPem(...certificates);
  if (form === 'pkcs7') return toPkcs7(certificates);
  const [certificate, ...others] = certificates;
  if (certificate !== undefined && others.length === 0) return certificate.raw;
  throw new QTChatError('ERR_USAGE', `a DER file holds one certificate, and there are ${certificates.length}`, {
    hint: 'Take --to pkcs7, which holds them all',
  });
}
