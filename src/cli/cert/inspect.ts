/** `cert inspect`: finds out what a file or a server holds, and reads it. Judges nothing. */
import type { X509Certificate } from 'node:crypto';
import { parseAddress } from '../../conversation/resolve-who.js';
import { isQTChatError, QTChatError, quote } from '../../errors.js';
import { innerTagOf } from '../../pki/ber.js';
import { derTags } from '../../pki/der.js';
import { DerError, DerReader } from '../../pki/der-reader.js';
import { type CsrDescription, describeCsr } from '../../pki/describe-csr.js';
import { describePfxProtection, type PfxProtection } from '../../pki/describe-pfx.js';
import { decodePem } from '../../pki/pem-block.js';
import { type Crl, readCrl } from '../../pki/read-crl.js';
import { exists, longListBytes, readBoundedFile } from '../../store/private-file.js';
import { type BusyDeps, whileBusy, whileCalculating } from '../busy.js';
import type { Deps } from '../deps.js';
import { parseCertificateFile } from './certificate-file.js';
import { fetchCertificates } from './peer-certificates.js';

const certificateLabels = ['CERTIFICATE', 'PKCS7', 'CMS'];
const requestLabels = ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'];

/** What was found. */
export type Inspected =
  | { readonly kind: 'certificates'; readonly chain: readonly X509Certificate[] }
  | { readonly kind: 'pfx'; readonly chain: readonly X509Certificate[]; readonly protection: PfxProtection }
  | { readonly kind: 'request'; readonly request: CsrDescription }
  | { readonly kind: 'revocation-list'; readonly list: Crl }
  | {
      readonly kind: 'server';
      readonly chain: readonly X509Certificate[];
      readonly protocol: string;
      readonly cipher: string;
    };

/** What inspecting may need. */
export interface InspectOptions {
  /** Asked only for a `.pfx`. */
  readonly password: () => Promise<string>;
  /** The file's octets, where they were read already. */
  readonly content?: Buffer | undefined;
  readonly deps: BusyDeps & Pick<Deps, 'signal'>;
}

/**
 * Reads the file `target`; when there is none of that name, and it reads `HOST:PORT`, the certificates of that server.
 *
 * @throws {QTChatError} `ERR_PKI_CERTIFICATE_INVALID` when it is nothing that is known here; what reading each kind throws
 */
export async function inspect(target: string, options: InspectOptions): Promise<Inspected> {
  const address = options.content !== undefined || (await exists(target)) ? undefined : addressIn(target);
  if (address !== undefined) {
    const { host, port } = address;
    const shown = await whileBusy('Asking the server', options.deps, () => fetchCertificates(host, port, options.deps));
    return { kind: 'server', ...shown };
  }
  const content = options.content ?? (await readBoundedFile(target, options.deps.signal, longListBytes));
  try {
    return await inspectContent(content, options);
  } catch (error) {
    if (!isQTChatError(error) || error.code === 'ERR_PASSWORD_REQUIRED') throw error;
    throw new QTChatError(error.code, `${quote(target)}: ${error.message}`, {
      ...(error.hint !== undefined && { hint: error.hint }),
      cause: error,
    });
  }
}

function addressIn(target: string): { host: string; port: number } | undefined {
  try {
    const { host, port } = parseAddress(target);
    return port === undefined ? undefined : { host, port };
  } catch (error) {
    if (isQTChatError(error, 'ERR_USAGE')) return undefined;
    throw error;
  }
}

async function inspectContent(content: Buffer, { password, deps }: InspectOptions): Promise<Inspected> {
  const kind = content[0] === derTags.sequence ? kindOfDer(content) : kindOfPem(content);
  switch (kind) {
    case 'pfx': {
      const { readPfx } = await import('../../pki/pfx.js');
      const secret = await password();
      const { chain } = await whileCalculating('Decrypting', deps, () => readPfx(content, secret));
      return { kind, chain, protection: describePfxProtection(content) };
    }
    case 'request':
      return { kind, request: describeCsr(decodePem(content, requestLabels)[0] ?? content) };
    case 'revocation-list':
      return { kind, list: readCrl(content) };
    case 'certificates':
      return { kind, chain: parseCertificateFile(content) };
    case undefined:
      throw nothingKnown(content);
  }
}

type FileKind = Exclude<Inspected['kind'], 'server'>;

function kindOfPem(content: Buffer): FileKind | undefined {
  if (decodePem(content, certificateLabels).length > 0) return 'certificates';
  if (decodePem(content, requestLabels).length > 0) return 'request';
  return decodePem(content, ['X509 CRL']).length > 0 ? 'revocation-list' : undefined;
}

/** Told by the tags alone: what follows is read by those who know it, and refused by them if it is malformed. */
function kindOfDer(content: Buffer): FileKind {
  const inner = innerTagOf(content);
  if (inner === derTags.integer) return 'pfx';
  if (inner === derTags.oid) return 'certificates'; // PKCS #7
  try {
    const reader = new DerReader(content).enter().enter();
    const tags: number[] = [];
    while (!reader.done) tags.push(reader.readAny().tag);
    // TBSCertList has its times beside each other, TBSCertificate in a SEQUENCE; a request has none, and four parts.
    if (tags.includes(derTags.utcTime) || tags.includes(derTags.generalizedTime)) return 'revocation-list';
    return tags.length <= 4 ? 'request' : 'certificates';
  } catch (error) {
    if (error instanceof DerError) return 'certificates';
    throw error;
  }
}

function nothingKnown(content: Buffer): QTChatError {
  const hint = content.includes('PRIVATE KEY-----') ? 'It is a private key: keep it to yourself' : undefined;
  return new QTChatError(
    'ERR_PKI_CERTIFICATE_INVALID',
    'no certificate found: expected a certificate, a .pfx, a request or a revocation list',
    hint === undefined ? {} : { hint },
  );
}
