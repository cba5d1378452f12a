/** Keys, requests, certificates and .pfx files in the words of openssl: the steps that several commands share. */
import { QTChatError, quote } from '../../errors.js';
import { type KeyType, parseKeyType } from '../../pki/key-type.js';
import type { ExtendedKeyUsage, KeyUsage } from '../../pki/oids.js';
import type { SubjectAltName } from '../../pki/subject-alt-name.js';
import { type Home, intermediatePath } from '../../store/home.js';
import { exists } from '../../store/private-file.js';
import { file, password, pathWord, subject, word } from './shell.js';

/** Makes a private key in `path`; `protection` encrypts it. */
export function makeKey(key: string, path: string, protection: readonly string[] = []): string {
  const options = keyOptions(parseKeyType(key));
  return ['openssl genpkey', ...options, ...protection, '-out', pathWord(path)].join(' ');
}

function keyOptions(type: KeyType): string[] {
  switch (type) {
    case 'p256':
      return ['-algorithm EC', '-pkeyopt ec_paramgen_curve:P-256'];
    case 'p384':
      return ['-algorithm EC', '-pkeyopt ec_paramgen_curve:P-384'];
    case 'ed25519':
      return ['-algorithm ED25519'];
    default:
      return ['-algorithm RSA', `-pkeyopt rsa_keygen_bits:${type.slice(3)}`];
  }
}

/** Makes a request in NAME.csr with the key in NAME.key. */
export function makeRequest(member: string, names: readonly SubjectAltName[]): string {
  const extension = names.length === 0 ? [] : ['-addext', word(`subjectAltName=${nameList(names)}`)];
  return [
    'openssl req -new -sha256 -utf8',
    '-key',
    pathWord(`${member}.key`),
    subject(member),
    ...extension,
    '-out',
    pathWord(`${member}.csr`),
  ].join(' ');
}

/** The certificate that the CA of `home` issues by, as the commands here name it. */
export async function issuingFile(home: Home): Promise<string> {
  return (await exists(intermediatePath(home))) ? 'intermediate.pem' : 'root.pem';
}

/**
 * Signs the request in `csr` as NAME.pem, with the intermediate behind it where there is one: all extensions are
 * ours, none are the request's.
 */
export function signRequest(
  request: {
    issuing: string;
    member: string;
    csr: string;
    names: readonly SubjectAltName[];
    days: number;
    keyUsages: readonly KeyUsage[];
    extendedKeyUsages: readonly ExtendedKeyUsage[];
  },
  caPassword: readonly string[],
): string[] {
  const { issuing, member, csr, names, days, keyUsages, extendedKeyUsages } = request;
  const signing = [
    `-CA ${issuing} -CAkey ca.key`,
    ...caPassword,
    '-set_serial 0x$(openssl rand -hex 16)',
    `-days ${days} -sha256`,
  ];
  return [
    '# The circle: SHA-256 of the public key of the root, its first 16 octets in base32.',
    'circle=$(openssl x509 -in root.pem -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | head -c 16 | base32 | tr -d = | tr A-Z a-z)',
    file(`${member}.cnf`, [
      'basicConstraints = critical, CA:FALSE',
      `keyUsage = critical, ${keyUsages.join(', ')}`,
      `extendedKeyUsage = ${extendedKeyUsages.join(', ')}`,
      ...(extendedKeyUsages.includes('OCSPSigning') ? ['noCheck = ignored'] : []),
      'subjectKeyIdentifier = hash',
      'authorityKeyIdentifier = keyid',
      `subjectAltName = ${[...names.map(nameText), `URI:qtchat://$circle/${member}`].join(', ')}`,
    ]),
    [
      'openssl x509 -req -in',
      pathWord(csr),
      subject(member),
      ...signing,
      '-extfile',
      pathWord(`${member}.cnf`),
      '-out',
      pathWord(`${member}.pem`),
    ].join(' '),
    ...(issuing === 'root.pem' ? [] : [`cat ${issuing} >> ${pathWord(`${member}.pem`)}`]),
  ];
}

function nameList(names: readonly SubjectAltName[]): string {
  return names.map(nameText).join(',');
}

const kinds = { dns: 'DNS', ip: 'IP', email: 'email', uri: 'URI' } as const;

/** @throws {QTChatError} `ERR_USAGE` for a name with a character that openssl's configuration, or the shell, takes for its own */
function nameText({ type, value }: SubjectAltName): string {
  if (/[,;$\\`"'#\s]/.test(value)) {
    throw new QTChatError('ERR_USAGE', `the name ${quote(value)} cannot be put to openssl in one line`, {
      hint: 'Explain the command without it',
    });
  }
  return `${kinds[type]}:${value}`;
}

/** Packs key and certificate into a `.pfx`; openssl asks for its password unless a file holds it. */
export function makePfx(
  name: string,
  files: { key: string; certificate: string; pfx: string },
  passwordFile: string | undefined,
  legacy = false,
): string {
  const protection = legacy
    ? ['-legacy -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1']
    : ['-keypbe AES-256-CBC -certpbe AES-256-CBC -macalg sha256'];
  return [
    'openssl pkcs12 -export',
    ...['-inkey', pathWord(files.key), '-in', pathWord(files.certificate), '-name', word(name)],
    ...protection,
    '-iter 250000',
    ...password('-passout', passwordFile),
    ...['-out', pathWord(files.pfx)],
  ].join(' ');
}
