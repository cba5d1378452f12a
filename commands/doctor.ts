import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.js';
import { identityPasswordFileFlag, pfxPasswordFileFlag, rootFileFlag } from '../src/cli/flags.js';
import { escapeControls, exitCodes } from '../src/errors.js';

export default class Doctor extends BaseCommand {
  static override summary = 'find out what is wrong with a certificate, a .pfx or a server, and how to repair it';
  static override description =
    `Looks at form, chain, name, usage, clock, revocation, key and permissions, and changes nothing.
The root is that of --root-file, or of this home. Ends with exit code 7 when something is wrong.`;
  static override examples = [
    '<%= config.bin %> doctor bob.pem --root-file root.pem --key-file bob.key',
    '<%= config.bin %> doctor bob.pfx --root-file root.pem',
  ];
  static override args = {
    target: Args.string({
      description: 'FILE (certificate, .pfx, request, revocation list) or HOST:PORT',
      required: true,
    }),
  };
  static override flags = {
    'root-file': rootFileFlag,
    'key-file': Flags.string({ description: 'key that should belong to the certificate', helpValue: 'FILE' }),
    'crl-file': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'revocation list of its issuer (repeatable)',
      helpValue: 'FILE',
    }),
    'pfx-password-file': pfxPasswordFileFlag,
    'identity-password-file': identityPasswordFileFlag,
  };

  async run() {
    const { args, flags } = await this.parse(Doctor);
    const { deps } = this;
    const { examine } = await import('../src/cli/doctor/examine.js');
    const { readPassword } = await import('../src/cli/password.js');
    const findings = await examine(this.homeOf(flags), {
      target: args.target,
      rootFile: flags['root-file'],
      keyFile: flags['key-file'],
      crlFiles: flags['crl-file'] ?? [],
      pfxPassword: async () => (await readPassword({ purpose: 'pfx', file: flags['pfx-password-file'], deps })) ?? '',
      keyPassword: () => readPassword({ purpose: 'identity', file: flags['identity-password-file'], deps }),
      deps,
      now: deps.clock(),
    });
    for (const { about, message, repair } of findings) {
      this.print(`${about.padEnd(12)} ${escapeControls(message)}`);
      this.print(`${' '.repeat(12)} Repair: ${escapeControls(repair)}`);
    }
    if (findings.length === 0) this.print('Nothing wrong was found');
    else deps.setExitCode(exitCodes.notTrusted);
    return { target: args.target, healthy: findings.length === 0, findings };
  }
}
