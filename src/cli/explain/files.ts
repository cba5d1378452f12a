/** The commands that read, judge and convert files, in the words of openssl. */
import { makePfx } from './openssl.js';
import { password, pathWord, word } from './shell.js';
import { type Typed, textOf, textsOf } from './typed.js';

/** `cert inspect`: openssl has a command for each kind of file, told here by the ending of the name. */
export function explainInspect({ args, flags }: Typed): string[] {
  const target = textOf(args.target) ?? '';
  const path = pathWord(target);
  if (/\.(pfx|p12)$/i.test(target)) {
    return [['openssl pkcs12 -nokeys -in', path, ...password('-passin', textOf(flags['pfx-password-file']))].join(' ')];
  }
  if (/\.csr$/i.test(target)) return [`openssl req -noout -text -verify -in ${path}`];
  if (/crl[^/]*$/i.test(target)) return [`openssl crl -noout -text -in ${path}`];
  if (/^[^/]+:\d+$/.test(target)) return [`openssl s_client -showcerts -connect ${word(target)} < /dev/null`];
  return [`openssl x509 -noout -text -in ${path}`];
}

const purposes: Readonly<Record<string, string>> = { serverAuth: 'sslserver', clientAuth: 'sslclient' };

/** `cert verify`. */
export function explainVerify({ args, flags }: Typed): string[] {
  const path = pathWord(textOf(args.file) ?? '');
  const purpose = purposes[textOf(flags.purpose) ?? ''];
  const lists = textsOf(flags['crl-file']);
  const root = textOf(flags['root-file']) ?? 'root.pem';
  return [
    [
      'openssl verify -x509_strict -CAfile',
      pathWord(root),
      ...['-untrusted', path],
      ...(purpose === undefined ? [] : [`-purpose ${purpose}`]),
      ...textsOf(flags.host).map((name) => `-verify_hostname ${word(name)}`),
      ...textsOf(flags.ip).map((address) => `-verify_ip ${word(address)}`),
      ...(lists.length === 0 ? [] : ['-crl_check', ...lists.map((list) => `-CRLfile ${pathWord(list)}`)]),
      path,
    ].join(' '),
  ];
}

/** `cert import`. */
export function explainImport({ args, flags }: Typed): string[] {
  const path = textOf(args.file) ?? '';
  const root = pathWord(textOf(flags['root-file']) ?? 'root.pem');
  if (!/\.(pfx|p12)$/i.test(path)) return [`openssl verify -x509_strict -CAfile ${root} ${pathWord(path)}`];
  const secret = password('-passin', textOf(flags['pfx-password-file']));
  const unpack = ['openssl pkcs12 -in', pathWord(path), ...secret].join(' ');
  return [
    `${unpack} -nocerts -noenc -out identity.key`,
    `${unpack} -clcerts -nokeys -out identity.pem`,
    `openssl verify -x509_strict -CAfile ${root} identity.pem`,
  ];
}

/** `cert export`. */
export function explainExport({ args, flags }: Typed): string[] {
  const name = textOf(args.name) ?? '';
  const files = {
    key: textOf(flags['key-file']) ?? `${name}.key`,
    certificate: textOf(flags['cert-file']) ?? `${name}.pem`,
    pfx: textOf(flags.out) ?? `${name}.pfx`,
  };
  return [makePfx(name, files, textOf(flags['pfx-password-file']), flags.legacy === true)];
}

/** `cert convert`. */
export function explainConvert({ args, flags }: Typed): string[] {
  const path = pathWord(textOf(args.file) ?? '');
  const out = textOf(flags.out);
  const to = out === undefined ? '' : ` -out ${pathWord(out)}`;
  if (flags.to === 'pkcs7') return [`openssl crl2pkcs7 -nocrl -certfile ${path}${to}`];
  if (/\.p7[bc]$/i.test(textOf(args.file) ?? '')) return [`openssl pkcs7 -print_certs -in ${path}${to}`];
  return [`openssl x509 -in ${path} -outform ${flags.to === 'der' ? 'DER' : 'PEM'}${to}`];
}
