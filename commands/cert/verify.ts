import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { explainFlag, rootFileFlag } from '../../src/cli/flags.js';
import { quote } from '../../src/errors.js';
import { dayOf } from '../../src/pki/day.js';
import { type ExtendedKeyUsage, extendedKeyUsageOids } from '../../src/pki/oids.js';

const repeatable = { multiple: true, multipleNonGreedy: true } as const;

export default class CertVerify extends BaseCommand {
  static override summary = 'check that a certificate leads to a root, now';
  static override description =
    `The root is that of --root-file, or of this home. Signatures, dates, CA flags and usages are judged, and whatever
the flags ask for. What was revoked is known from --crl-file, from the ledger of the home that issued it, or from the
list that this home has fetched of its circle.`;
  static override examples = [
    '<%= config.bin %> cert verify bob.pem',
    '<%= config.bin %> cert verify bob.pem --root-file root.pem --crl-file crl.pem',
    '<%= config.bin %> cert verify bob.pem --host bob.example.org --ip 192.168.1.101 --purpose serverAuth',
  ];
  static override args = { file: Args.string({ description: 'certificate, then any intermediates', required: true }) };
  static override flags = {
    'root-file': rootFileFlag,
    host: Flags.string({ ...repeatable, description: 'DNS name that it must be for (repeatable)', helpValue: 'NAME' }),
    ip: Flags.string({ ...repeatable, description: 'address that it must be for (repeatable)', helpValue: 'ADDRESS' }),
    purpose: Flags.option({
      description: 'what it must be good for',
      options: Object.keys(extendedKeyUsageOids) as ExtendedKeyUsage[],
    })(),
    'crl-file': Flags.string({
      ...repeatable,
      description: 'revocation list of its issuer (repeatable)',
      helpValue: 'FILE',
    }),
    'require-fresh-crl': Flags.boolean({ description: 'not valid where revocation is not known for now' }),
    explain: explainFlag,
  };

  async run() {
    const { args, flags } = await this.parse(CertVerify);
    if (await this.explained({ args, flags })) return;
    const { verifyCertificate } = await import('../../src/cli/cert/verify-certificate.js');
    const { describeCertificate } = await import('../../src/pki/describe.js');
    const request = {
      file: args.file,
      rootFile: flags['root-file'],
      purpose: flags.purpose,
      hosts: flags.host ?? [],
      addresses: flags.ip ?? [],
      crlFiles: flags['crl-file'] ?? [],
      requireFreshCrl: flags['require-fresh-crl'],
    };
    const { chain, root, revocation, staleCrl } = await verifyCertificate(this.homeOf(flags), request, this.deps);
    const [leaf] = chain.map(describeCertificate);
    const notAfter = leaf?.notAfter.toISOString() ?? null;
    const known = revocation.length > 0 ? ', and not revoked' : '';
    this.print(`${quote(args.file)} is valid until ${dayOf(notAfter ?? '')}${known}`);
    const since = staleCrl === undefined ? 'is not known' : `since ${dayOf(staleCrl)} is not known`;
    if (revocation.length === 0) this.note(`Whether it was revoked ${since}: name a list with --crl-file`);
    return {
      valid: true,
      notAfter,
      circle: leaf?.circle ?? null,
      rootFingerprintSha256: describeCertificate(root).fingerprintSha256,
      revocation,
    };
  }
}
