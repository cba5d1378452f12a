/** The commands on the CA and its ledger, in the words of openssl. */
import { QTChatError } from '../../errors.js';
import { makeKey } from './openssl.js';
import { file, password, subject, word } from './shell.js';
import { numberOf, type Typed, textOf } from './typed.js';

/**
 * `ca init` of a root that issues itself, without constraints.
 *
 * @throws {QTChatError} `ERR_USAGE` for any other
 */
export function explainCaInit({ flags }: Typed): string[] {
  const beyond = Object.keys(flags).find((name) => /^(intermediate|permit-|exclude-)/.test(name) && flags[name]);
  if (beyond !== undefined) {
    throw new QTChatError('ERR_USAGE', `--explain does not know --${beyond}`, { hint: 'Explain ca init without it' });
  }
  const path = textOf(flags['ca-password-file']);
  const isOpen = flags['no-password'] === true;
  const root = ['openssl req -x509 -new -utf8 -config root.cnf -key ca.key', ...password('-passin', path)];
  const fields = [subject(textOf(flags.name) ?? ''), '-sha256', `-days ${numberOf(flags.days, 3650)}`];
  return [
    makeKey(textOf(flags.key) ?? '', 'ca.key', isOpen ? [] : ['-aes-256-cbc', ...password('-pass', path)]),
    file('root.cnf', [
      '[ req ]',
      'distinguished_name = subject',
      'x509_extensions = root',
      'prompt = no',
      '[ subject ]',
      'CN = replaced by -subj',
      '[ root ]',
      'basicConstraints = critical, CA:TRUE',
      'keyUsage = critical, keyCertSign, cRLSign',
      'subjectKeyIdentifier = hash',
      'authorityKeyIdentifier = keyid:always',
    ]),
    [...root, ...fields, '-set_serial 0x$(openssl rand -hex 16) -out root.pem'].join(' '),
  ];
}

/** `ca show`. */
export function explainCaShow(): string[] {
  return ['openssl x509 -in root.pem -noout -subject -enddate -fingerprint -sha256'];
}

/** `cert revoke`: openssl's own ledger is index.txt, and it wants the certificate itself. */
export function explainRevoke({ args, flags }: Typed): string[] {
  return revoke(`${textOf(args.subject) ?? ''}.pem`, textOf(flags.reason) ?? 'unspecified', []);
}

/** Enters a certificate into openssl's own ledger as revoked. */
export function revoke(certificate: string, reason: string, caPassword: readonly string[]): string[] {
  const command = [
    'openssl ca -config ca.cnf',
    ...caPassword,
    '-revoke',
    word(certificate),
    '-crl_reason',
    word(reason),
  ];
  return [...ledger(), command.join(' ')];
}

/** `ca export-root`. */
export function explainExportRoot({ args }: Typed): string[] {
  const folder = textOf(args.folder) ?? '';
  return [
    `mkdir -m 700 -- ${word(folder)}`,
    `cp root.pem ${word(`${folder}/root.pem`)}`,
    `mv root.key ${word(`${folder}/root.key`)}`,
  ];
}

/** `ca import`: openssl needs no import, only the same files under the names that the other commands use. */
export async function explainCaImport({ args, flags }: Typed): Promise<string[]> {
  const { findForeignCa } = await import('../ca/foreign-ca.js');
  const folder = textOf(args.folder);
  const {
    certFile = '',
    keyFile = '',
    index,
  } = folder === undefined
    ? { certFile: textOf(flags['cert-file']), keyFile: textOf(flags['key-file']), index: textOf(flags.index) }
    : await findForeignCa(folder);
  const chain = textOf(flags.chain) ?? certFile;
  const keyPassword = password('-passin', textOf(flags['ca-password-file'])).join(' ');
  return [
    `openssl verify -x509_strict -CAfile ${word(chain)} ${word(certFile)}`,
    `[ "$(openssl x509 -in ${word(certFile)} -noout -pubkey)" = "$(openssl pkey -in ${word(keyFile)} ${keyPassword} -pubout)" ]`,
    `cp ${word(certFile)} root.pem`,
    `(umask 077 && cp ${word(keyFile)} ca.key)`,
    ...(index === undefined ? [] : [`cp ${word(index)} index.txt`]),
  ];
}

/** `ca crl`. */
export function explainCrl({ flags }: Typed): string[] {
  const days = `-crldays ${numberOf(flags.days, 7)}`;
  const secret = password('-passin', textOf(flags['ca-password-file']));
  const out = word(textOf(flags.out) ?? 'crl.pem');
  return [...ledger(), ['openssl ca -config ca.cnf -gencrl', days, ...secret, '-out', out].join(' ')];
}

/** What `openssl ca` needs beside key and certificate, where it is not there yet. */
function ledger(): string[] {
  return [
    file('ca.cnf', [
      '[ ca ]',
      'default_ca = circle',
      '[ circle ]',
      'certificate = root.pem',
      'private_key = ca.key',
      'database = index.txt',
      'crlnumber = crlnumber',
      'default_md = sha256',
      'crl_extensions = list',
      '[ list ]',
      'authorityKeyIdentifier = keyid:always',
    ]),
    '[ -e index.txt ] || : > index.txt',
    `[ -e crlnumber ] || printf '%x\\n' "$(date +%s)" > crlnumber`,
  ];
}
