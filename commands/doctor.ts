import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.js';
import type { Finding } from '../src/cli/doctor/finding.js';
import { identityPasswordFileFlag, pfxPasswordFileFlag, rootFileFlag } from '../src/cli/flags.js';
import { escapeControls, exitCodes, QTChatError } from '../src/errors.js';

export default class Doctor extends BaseCommand {
  static override summary =
    'find out what is wrong with a certificate, a .pfx, a server or the sound here, and how to repair it';
  static override description =
    `Looks at form, chain, name, usage, clock, revocation, key and permissions, and changes nothing.
With --sound it looks at what calls need on this computer: libraries, drivers, permissions, devices.
The root is that of --root-file, or of this home. Ends with exit code 7 when something is wrong.`;
  static override examples = [
    '<%= config.bin %> doctor bob.pem --root-file root.pem --key-file bob.key',
    '<%= config.bin %> doctor bob.pfx --root-file root.pem',
    '<%= config.bin %> doctor --sound',
  ];
  static override args = {
    target: Args.string({
      description: 'FILE (certificate, .pfx, request, revocation list) or HOST:PORT',
    }),
  };
  static override flags = {
    sound: Flags.boolean({ description: 'look at what calls need on this computer' }),
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
    const findings = flags.sound ? await this.#examineSound() : [];
    if (args.target !== undefined) findings.push(...(await this.#examineTarget(args.target, flags)));
    else if (!flags.sound)
      throw new QTChatError('ERR_USAGE', 'missing: TARGET, or --sound', { hint: 'See qtchat doctor --help' });
    for (const { about, message, repair } of findings) {
      this.print(`${about.padEnd(12)} ${escapeControls(message)}`);
      this.print(`${' '.repeat(12)} Repair: ${escapeControls(repair)}`);
    }
    if (findings.length === 0) this.print('Nothing wrong was found');
    else deps.setExitCode(exitCodes.notTrusted);
    return { target: args.target ?? null, healthy: findings.length === 0, findings };
  }

  async #examineSound(): Promise<Finding[]> {
    const { examineSound } = await import('../src/cli/doctor/examine-sound.js');
    return examineSound(this.deps);
  }

  async #examineTarget(target: string, flags: ExamineFlags): Promise<Finding[]> {
    const { deps } = this;
    const { examine } = await import('../src/cli/doctor/examine.js');
    const { readPassword } = await import('../src/cli/password.js');
    return examine(this.homeOf(flags), {
      target,
      rootFile: flags['root-file'],
      keyFile: flags['key-file'],
      crlFiles: flags['crl-file'] ?? [],
      pfxPassword: async () => (await readPassword({ purpose: 'pfx', file: flags['pfx-password-file'], deps })) ?? '',
      keyPassword: () => readPassword({ purpose: 'identity', file: flags['identity-password-file'], deps }),
      deps,
      now: deps.clock(),
    });
  }
}

interface ExamineFlags {
  readonly home?: string | undefined;
  readonly 'root-file'?: string | undefined;
  readonly 'key-file'?: string | undefined;
  readonly 'crl-file'?: string[] | undefined;
  readonly 'pfx-password-file'?: string | undefined;
  readonly 'identity-password-file'?: string | undefined;
}
