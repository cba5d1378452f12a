/** The commands on the CA and its ledger, in the words of openssl. */
import { checkCrlDays } from '../../ledger/crl.js';
import { checkRootCrlDays, rootCrlDays } from '../../ledger/root-crl.js';
import { issuingFile } from './openssl.js';
import { file, password, pathWord, word } from './shell.js';
import { numberOf, type Typed, textOf } from './typed.js';

/** `ca show`. */
export function explainCaShow(): string[] {
  return ['openssl x509 -in root.pem -noout -subject -enddate -fingerprint -sha256'];
}

/** `cert revoke`: openssl's own ledger is index.txt, and it wants the certificate itself. */
export async function explainRevoke({ args, flags, home }: Typed): Promise<string[]> {
  const certificate = `${textOf(args.subject) ?? ''}.pem`;
  return revoke(certificate, textOf(flags.reason) ?? 'unspecified', await issuingFile(home), []);
}

/** Enters a certificate into openssl's own ledger as revoked. */
export function revoke(certificate: string, reason: string, issuing: string, caPassword: readonly string[]): string[] {
  const command = [
    'openssl ca -config ca.cnf',
    ...caPassword,
    '-revoke',
    pathWord(certificate),
    '-crl_reason',
    word(reason),
  ];
  return [...ledger(issuing), command.join(' ')];
}

/** `ca export-root`. */
export function explainExportRoot({ args }: Typed): string[] {
  const folder = textOf(args.folder) ?? '';
  return [
    `mkdir -m 700 -- ${word(folder)}`,
    `cp root.pem ${pathWord(`${folder}/root.pem`)}`,
    `mv root.key ${pathWord(`${folder}/root.key`)}`,
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
    `openssl verify -x509_strict -CAfile ${pathWord(chain)} ${pathWord(certFile)}`,
    `[ "$(openssl x509 -in ${pathWord(certFile)} -noout -pubkey)" = "$(openssl pkey -in ${pathWord(keyFile)} ${keyPassword} -pubout)" ]`,
    `cp ${pathWord(certFile)} root.pem`,
    `(umask 077 && cp ${pathWord(keyFile)} ca.key)`,
    ...(index === undefined ? [] : [`cp ${pathWord(index)} index.txt`]),
  ];
}

/** `ca crl --root`: the root has an index.txt of its own. */
function explainRootCrl({ flags }: Typed): string[] {
  const days = numberOf(flags.days, rootCrlDays);
  checkRootCrlDays(days);
  const secret = password('-passin', textOf(flags['ca-password-file']));
  const revoked = textOf(flags.revoke);
  const reason = textOf(flags.reason) ?? 'unspecified';
  const start = 'openssl ca -config root-ca.cnf';
  return [
    ...ledger('root.pem', pathWord(textOf(flags['root-key-file']) ?? 'root.key'), 'root-', 'root-ca.cnf'),
    ...(revoked === undefined
      ? []
      : [[start, ...secret, '-revoke', pathWord(revoked), '-crl_reason', reason].join(' ')]),
    [start, `-gencrl -crldays ${days}`, ...secret, '-out', pathWord(textOf(flags.out) ?? 'root-crl.pem')].join(' '),
  ];
}

/** `ca crl`. */
export async function explainCrl(typed: Typed): Promise<string[]> {
  const { flags, home } = typed;
  if (flags.root === true) return explainRootCrl(typed);
  checkCrlDays(numberOf(flags.days, 7));
  const days = `-crldays ${numberOf(flags.days, 7)}`;
  const secret = password('-passin', textOf(flags['ca-password-file']));
  const out = pathWord(textOf(flags.out) ?? 'crl.pem');
  return [
    ...ledger(await issuingFile(home)),
    ['openssl ca -config ca.cnf -gencrl', days, ...secret, '-out', out].join(' '),
  ];
}

/** What `openssl ca` needs beside key and certificate, where it is not there yet. */
function ledger(issuing: string, key = 'ca.key', database = '', config = 'ca.cnf'): string[] {
  return [
    file(config, [
      '[ ca ]',
      'default_ca = circle',
      '[ circle ]',
      `certificate = ${issuing}`,
      `private_key = ${key}`,
      `database = ${database}index.txt`,
      `crlnumber = ${database}crlnumber`,
      'default_md = sha256',
      'crl_extensions = list',
      '[ list ]',
      'authorityKeyIdentifier = keyid:always',
    ]),
    `[ -e ${database}index.txt ] || : > ${database}index.txt`,
    `[ -e ${database}crlnumber ] || printf '%x\\n' "$(date +%s)" > ${database}crlnumber`,
  ];
}

/** `ca backup`: the files that the other explanations speak of, and whatever of them is there. */
export function explainBackup({ args }: Typed): string[] {
  const files = ['ca.key', 'root.pem', 'intermediate.pem', 'root.key', 'index.txt', 'crlnumber', 'crl.pem'];
  return [`(umask 077 && tar -cf ${pathWord(textOf(args.file) ?? '')} $(ls ${files.join(' ')} 2>/dev/null))`];
}

/** `ca restore`. */
export function explainRestore({ args }: Typed): string[] {
  return ['[ ! -e ca.key ]', `tar -xf ${pathWord(textOf(args.file) ?? '')}`];
}
