import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { explainFlag, identityPasswordFileFlag, pfxPasswordFileFlag } from '../../src/cli/flags.js';
import { quote } from '../../src/errors.js';
import { dayOf } from '../../src/pki/day.js';
import type { Home } from '../../src/store/home.js';

export default class CertExport extends BaseCommand {
  static override summary = 'write a .pfx file for another program';
  static override description =
    `An identity of this home, or with --cert-file and --key-file any certificate with its key.
The root is not in the file: hand it over beside it.`;
  static override examples = [
    '<%= config.bin %> cert export alice --pfx',
    '<%= config.bin %> cert export alice --pfx --legacy --out for-my-old-phone.pfx',
    '<%= config.bin %> cert export bob --pfx --cert-file bob.pem --key-file bob.key --out bobs.pfx',
  ];
  static override args = {
    name: Args.string({
      description:
        'whose; also the name that other programs show (at a terminal: asked for, among the identities here)',
    }),
  };
  static override flags = {
    pfx: Flags.boolean({ description: 'the form of the file: PKCS #12', required: true }),
    legacy: Flags.boolean({
      description: 'encrypt with 3DES and SHA-1, for programs that read nothing newer',
      default: false,
    }),
    out: Flags.string({ description: 'the file to write (default NAME.pfx)', helpValue: 'FILE' }),
    'cert-file': Flags.string({
      description: 'certificate, then any intermediates',
      dependsOn: ['key-file'],
      helpValue: 'FILE',
    }),
    'key-file': Flags.string({ description: 'its private key', dependsOn: ['cert-file'], helpValue: 'FILE' }),
    'pfx-password-file': pfxPasswordFileFlag,
    'identity-password-file': identityPasswordFileFlag,
    force: Flags.boolean({ description: 'keep a file that stands in the way as .bak' }),
    explain: explainFlag,
  };

  async run() {
    const { args, flags } = await this.parse(CertExport);
    const { deps } = this;
    const home = this.homeOf(flags);
    const given = args.name ?? (await this.#chosenName(home, flags['cert-file']));
    if (await this.explained({ args: { name: given }, flags })) return;
    const { parseMemberName } = await import('../../src/pki/member-name.js');
    const { readPassword } = await import('../../src/cli/password.js');
    const { exportPfx } = await import('../../src/cli/cert/export-pfx.js');
    const { 'cert-file': certificate, 'key-file': key, 'pfx-password-file': file, legacy } = flags;
    const name = parseMemberName(given);
    const files = certificate === undefined || key === undefined ? undefined : { certificate, key };
    const password = async () => (await readPassword({ purpose: 'pfx', file, confirm: true, deps })) ?? '';
    const { identityOpener } = await import('../../src/cli/identity/open-identity.js');
    const keyFile = flags['identity-password-file'];
    const openIdentity = identityOpener(home, { file: keyFile }, deps);
    const keyPassword = () => readPassword({ purpose: 'identity', file: keyFile, deps });
    const request = { name, files, openIdentity, keyPassword, out: flags.out, legacy, force: flags.force, password };
    const { path, oldPath, keyType, chain, warnings } = await exportPfx(request, deps);
    for (const warning of warnings) this.warn(warning);
    if (oldPath !== undefined) this.note(`The old file is kept as ${oldPath}`);
    const notAfter = new Date(chain[0]?.validTo ?? '').toISOString();
    this.print(`Wrote ${quote(path)}: ${name}'s key (${keyType}) and certificate, valid until ${dayOf(notAfter)}`);
    return { path, name, keyType, legacy, certificates: chain.length, notAfter, oldPath: oldPath ?? null, warnings };
  }

  async #chosenName(home: Home, certFile: string | undefined): Promise<string> {
    const { identityName } = await import('../../src/cli/identity/choose-identity.js');
    const { missingName } = await import('../../src/cli/name-or-choice.js');
    const wanted = {
      argument: 'NAME (whose; also the name that other programs show)',
      command: 'cert export',
      question: 'Whose key and certificate?',
    };
    // Whose the files are, only their owner knows.
    if (certFile !== undefined) throw missingName(wanted);
    return identityName(home, undefined, wanted, this.deps);
  }
}
