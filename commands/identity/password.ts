import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { identityPasswordFileFlag, newPasswordFileFlag, yesFlag } from '../../src/cli/flags.js';
import type { ChangedPassword } from '../../src/cli/identity/change-password.js';
import { quote } from '../../src/errors.js';

export default class IdentityPassword extends BaseCommand {
  static override summary = 'set, change or remove the password of an identity';
  static override description =
    `Whoever has the files of this home can speak as you only with the password; chat, send and listen ask for it when they
start. It locks the key alone: not the history, contacts and files of this home (see SECURITY.md). A forgotten password
cannot be found again: ask the host for a new invite then.`;
  static override examples = [
    '<%= config.bin %> identity password',
    '<%= config.bin %> identity password alice --new-password-file secret.txt',
    '<%= config.bin %> identity password alice --identity-password-file secret.txt --remove --yes',
  ];
  static override args = { name: Args.string({ description: 'member name (default: as whom this home speaks)' }) };
  static override flags = {
    'new-password-file': newPasswordFileFlag,
    'identity-password-file': identityPasswordFileFlag,
    remove: Flags.boolean({ description: 'keep the key without a password', exclusive: ['new-password-file'] }),
    yes: yesFlag,
  };

  async run(): Promise<ChangedPassword> {
    const { args, flags } = await this.parse(IdentityPassword);
    const { changePassword } = await import('../../src/cli/identity/change-password.js');
    const { 'identity-password-file': file, 'new-password-file': newFile, remove = false, yes } = flags;
    const request = { member: args.name, file, newFile, remove, yes };
    const changed = await changePassword(this.homeOf(flags), request, this.deps);
    this.print(describe(changed));
    for (const path of changed.untouched) this.note(`${quote(path)} stays as it is: another password locks it`);
    if (changed.hasPassword && !changed.hadPassword) {
      this.note(
        'The key without a password may still be found on the disk: qtchat identity renew --new-key makes another',
      );
    }
    return changed;
  }
}

function describe({ member, hadPassword, hasPassword }: ChangedPassword): string {
  if (!hadPassword && !hasPassword) return `The key of ${member} has no password`;
  if (!hadPassword) return `The key of ${member} has a password now`;
  return hasPassword
    ? `The key of ${member} has another password now`
    : `The key of ${member} has no password any more`;
}
