/** `ca import`: a CA that another program made becomes the CA of this home, with what it issued. */
import type { KeyObject, X509Certificate } from 'node:crypto';
import { isQTChatError, QTChatError } from '../../errors.js';
import { type ImportedCertificate, importCertificates } from '../../ledger/import-certificates.js';
import { retireLedger } from '../../ledger/retire.js';
import { canonicalName, withoutRepeats } from '../../pki/canonical-name.js';
import { extendedKeyUsagesOf, keyUsagesOf, readCertificateFields } from '../../pki/certificate-fields.js';
import { spkiFingerprint } from '../../pki/circle.js';
import { derSequence } from '../../pki/der.js';
import { createIssuer, type Issuer, issuingCertificate, rootCertificate } from '../../pki/issuer.js';
import { memberNameFrom } from '../../pki/member-name.js';
import { encryptPrivateKey, privateKeyToPem } from '../../pki/private-key.js';
import { type SubjectAltName, subjectAltNamesIn } from '../../pki/subject-alt-name.js';
import { verifyPath } from '../../pki/verify-path.js';
import { saveCa } from '../../store/ca.js';
import type { Home } from '../../store/home.js';
import type { Deps } from '../deps.js';
import type { ForeignCa, ForeignEntry } from './foreign-ca.js';

/** What came of it. */
export interface ImportedCa {
  readonly chain: readonly X509Certificate[];
  /** How many certificates the ledger took over, and how many of them are not here themselves. */
  readonly taken: number;
  readonly missing: number;
  /** Where the former CA and ledger are now. */
  readonly oldCa?: string;
  readonly oldLedger?: string;
}

/**
 * Makes it the CA of `home`, all of it or nothing.
 *
 * @param options.password - encrypts the key here; undefined leaves it unencrypted
 * @param options.force - an old CA and its ledger are kept beside the new ones
 * @throws {QTChatError} `ERR_PKI_KEY_INVALID`, `ERR_PKI_KEY_TYPE`, `ERR_PKI_CERTIFICATE_INVALID` and
 *   `ERR_PKI_PATH_INVALID` for a CA that could not issue, `ERR_STORE_EXISTS` unless `force`, `ERR_STORE_UNWRITABLE`
 */
export async function importCa(
  home: Home,
  ca: ForeignCa,
  key: KeyObject,
  options: { password: string | undefined; force: boolean },
  deps: Pick<Deps, 'clock' | 'random'>,
): Promise<ImportedCa> {
  const issuer = judgeForeignCa(key, ca.chain, deps.clock());
  const root = rootCertificate(issuer);
  const nameOf = memberNames();
  const certificates = ca.issued
    .filter(({ certificate }) => certificate === undefined || !certificate.raw.equals(root.raw))
    .map((entry) => toImported(entry, nameOf(entry), issuer, deps.clock()));
  const { password, force } = options;
  const keyPem = password === undefined ? privateKeyToPem(key) : await encryptPrivateKey(key, password, deps);
  let oldLedger: string | undefined;
  const oldCa = await saveCa(
    home,
    { keyPem, intermediates: ca.chain.slice(0, -1), root },
    {
      force,
      // First what it revoked, then the CA: never does one stand here that has forgotten it.
      beforePlacing: async () => {
        oldLedger = await retireLedger(home, (ledger) => importCertificates(ledger, certificates, deps));
      },
    },
  );
  const missing = certificates.filter(({ content }) => content.length === 0).length;
  const old = { ...(oldCa !== undefined && { oldCa }), ...(oldLedger !== undefined && { oldLedger }) };
  return { chain: issuer.chain, taken: certificates.length, missing, ...old };
}

function judgeForeignCa(key: KeyObject, chain: readonly X509Certificate[], at: Date): Issuer {
  const root = rootCertificate({ chain });
  if (!root.checkIssued(root)) {
    throw new QTChatError('ERR_PKI_CERTIFICATE_INVALID', 'the certificates do not end with a root', {
      hint: 'Add those above with --chain FILE, the root last',
    });
  }
  if (chain.some((certificate) => readCertificateFields(certificate).subject.equals(derSequence()))) {
    throw new QTChatError(
      'ERR_PKI_CERTIFICATE_INVALID',
      'the CA has no name, so nobody could find it by what it issues',
    );
  }
  const issuer = createIssuer(key, chain);
  const usages = keyUsagesOf(readCertificateFields(issuingCertificate(issuer)));
  if (usages !== undefined && !usages.includes('keyCertSign')) {
    throw new QTChatError('ERR_PKI_CERTIFICATE_INVALID', 'the certificate does not allow its key to issue others');
  }
  const [fault] = verifyPath(chain, root, { at });
  if (fault !== undefined) throw new QTChatError('ERR_PKI_PATH_INVALID', `the CA is not usable: ${fault.message}`);
  return issuer;
}

/** Names each certificate's member by its common name; what another one is called already, or nobody could be, by its serial number. */
function memberNames(): (entry: ForeignEntry) => string {
  const taken = new Map<string, string>();
  return ({ serialNumber, commonName = '' }) => {
    const name = memberNameFrom(commonName);
    if (name === undefined || (taken.get(name) ?? commonName) !== commonName) {
      return `serial-${serialNumber.toLowerCase()}`;
    }
    taken.set(name, commonName);
    return name;
  };
}

function toImported(entry: ForeignEntry, member: string, issuer: Issuer, now: Date): ImportedCertificate {
  const { serialNumber, notAfter, revokedAt, reason } = entry;
  const common = {
    serialNumber,
    member,
    ...(revokedAt && { revokedAt, reason: reason ?? 'unspecified' }),
  };
  const { certificate } = entry;
  if (certificate === undefined || !certificate.verify(issuingCertificate(issuer).publicKey)) {
    const notBefore = now < notAfter ? now : notAfter;
    return { ...common, names: [], profileName: 'peer', notBefore, notAfter, spkiSha256: '', content: Buffer.alloc(0) };
  }
  const fields = readCertificateFields(certificate);
  return {
    ...common,
    names: withoutRepeats(subjectAltNamesIn(fields).flatMap(usableName)),
    profileName: profileOf(extendedKeyUsagesOf(fields)),
    notBefore: fields.notBefore,
    notAfter: fields.notAfter,
    spkiSha256: spkiFingerprint(certificate),
    content: certificate.raw,
  };
}

/** The name as we would issue it again; none for what we would not. */
function usableName(name: SubjectAltName): SubjectAltName[] {
  try {
    return [canonicalName(name)];
  } catch (error) {
    if (isQTChatError(error, 'ERR_PKI_SAN_INVALID')) return [];
    throw error;
  }
}

function profileOf(usages: readonly string[] | undefined): string {
  if (usages?.join() === 'serverAuth') return 'server';
  return usages?.join() === 'clientAuth' ? 'client' : 'peer';
}
