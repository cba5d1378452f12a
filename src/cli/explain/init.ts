/** `ca init` in the words of openssl: a root, and perhaps an intermediate CA below it. */
import { checkCaName } from '../../pki/check-ca-plan.js';
import { dayMs } from '../../pki/day.js';
import { ipText } from '../../pki/ip-address.js';
import { issuingName, laterIssuingName } from '../../pki/issuing-name.js';
import type { NameConstraints, NameSubtree } from '../../pki/name-constraints.js';
import { ipRange } from '../../pki/name-constraints.js';
import { rootValidityDaysCap } from '../../pki/plan.js';
import { checkDays, invalidDays } from '../../pki/validity.js';
import { loadCaProfile } from '../../store/profiles.js';
import { readConstraintFlags } from '../ca/constraint-flags.js';
import { makeKey } from './openssl.js';
import { file, password, pathWord, subject } from './shell.js';
import { numberOf, type Typed, textOf, textsOf } from './typed.js';

/**
 * `ca init`.
 *
 * @throws {QTChatError} what the command throws of its flags
 */
export async function explainCaInit(typed: Typed): Promise<string[]> {
  const { flags } = typed;
  const name = textOf(flags.name) ?? '';
  const days = numberOf(flags.days, 3650);
  checkCaName(name);
  checkDays(days, rootValidityDaysCap);
  if (days > rootValidityDaysCap) throw invalidDays(days, rootValidityDaysCap);
  const constraints = readConstraintFlags({
    'permit-dns': textsOf(flags['permit-dns']),
    'permit-ip': textsOf(flags['permit-ip']),
    'exclude-dns': textsOf(flags['exclude-dns']),
    'exclude-ip': textsOf(flags['exclude-ip']),
  });
  const limits = constraints === undefined ? [] : [`nameConstraints = critical, ${constraintText(constraints)}`];
  const below = textOf(flags['root-key-file']);
  if (below !== undefined) return explainBelow(typed, below, limits);
  const isTiered = flags.intermediate === true;
  const rootKey = isTiered ? 'root.key' : 'ca.key';
  const path = textOf(flags['ca-password-file']);
  const protection = flags['no-password'] === true ? [] : ['-aes-256-cbc', ...password('-pass', path)];
  const secret = flags['no-password'] === true ? [] : password('-passin', path);
  const key = textOf(flags.key) ?? '';
  const root = [
    makeKey(key, rootKey, protection),
    file('root.cnf', [
      '[ req ]',
      'distinguished_name = subject',
      'x509_extensions = root',
      'prompt = no',
      '[ subject ]',
      'CN = replaced by -subj',
      '[ root ]',
      'basicConstraints = critical, CA:TRUE',
      ...caExtensions(limits),
    ]),
    [
      `openssl req -x509 -new -utf8 -config root.cnf -key ${rootKey}`,
      ...secret,
      subject(name),
      `-sha256 -days ${days} -set_serial 0x$(openssl rand -hex 16) -out root.pem`,
    ].join(' '),
  ];
  return isTiered
    ? [...root, ...(await intermediate({ name: issuingName(name), key, days, limits, protection, secret, rootKey }))]
    : root;
}

interface Below {
  readonly name: string;
  readonly key: string;
  /** Of the root. */
  readonly days: number;
  readonly limits: readonly string[];
  readonly protection: readonly string[];
  readonly secret: readonly string[];
  /** Path of the root's key, as a word. */
  readonly rootKey: string;
}

/** `ca init --intermediate --root-key-file`: the next one below a root that is there. */
async function explainBelow(
  { home, flags, clock, signal }: Typed,
  rootKey: string,
  limits: readonly string[],
): Promise<string[]> {
  const path = textOf(flags['ca-password-file']);
  const { findRootCertificate } = await import('../ca/open-root.js');
  const { commonNameOf } = await import('../ca/describe-ca.js');
  const certFile = textOf(flags['root-cert-file']);
  const root = await findRootCertificate(home, certFile, signal);
  const leftDays = Math.floor((Date.parse(root.validTo) + 1000 - clock().getTime()) / dayMs);
  const made = await intermediate({
    name: laterIssuingName(commonNameOf(root), 'the next'),
    key: textOf(flags.key) ?? '',
    days: leftDays,
    limits,
    protection: flags['no-password'] === true ? [] : ['-aes-256-cbc', ...password('-pass', path)],
    secret: flags['no-password'] === true ? [] : password('-passin', path),
    rootKey: pathWord(rootKey),
  });
  const copy = certFile === undefined || certFile === 'root.pem' ? [] : [`cp ${pathWord(certFile)} root.pem`];
  const note = '# Its name: any that no CA below this root has had. Here the command names it by its key.';
  return [...copy, note, ...made];
}

async function intermediate(below: Below): Promise<string[]> {
  const { name: own, key, days, limits, protection, secret, rootKey } = below;
  const { validityDays, pathLength } = await loadCaProfile();
  checkCaName(own);
  return [
    makeKey(key, 'ca.key', protection),
    ['openssl req -new -sha256 -utf8 -key ca.key', ...secret, subject(own), '-out intermediate.csr'].join(' '),
    file('intermediate.cnf', [`basicConstraints = critical, CA:TRUE, pathlen:${pathLength}`, ...caExtensions(limits)]),
    [
      'openssl x509 -req -in intermediate.csr -CA root.pem',
      `-CAkey ${rootKey}`,
      ...secret,
      `-set_serial 0x$(openssl rand -hex 16) -days ${Math.min(validityDays, days)} -sha256`,
      '-extfile intermediate.cnf -out intermediate.pem',
    ].join(' '),
  ];
}

function caExtensions(limits: readonly string[]): string[] {
  return [
    'keyUsage = critical, keyCertSign, cRLSign',
    'subjectKeyIdentifier = hash',
    'authorityKeyIdentifier = keyid:always',
    ...limits,
  ];
}

function constraintText({ permitted, excluded }: NameConstraints): string {
  return [
    ...permitted.map((subtree) => `permitted;${subtreeText(subtree)}`),
    ...excluded.map((subtree) => `excluded;${subtreeText(subtree)}`),
  ].join(', ');
}

function subtreeText(subtree: NameSubtree): string {
  if (subtree.type === 'ip') {
    const { address, mask } = ipRange(subtree.value);
    return `IP:${ipText(address)}/${ipText(mask)}`;
  }
  // From flags come these two kinds alone.
  return subtree.type === 'dns' ? `DNS:${subtree.value}` : '';
}
