import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { identityPasswordFileFlag, serverFlag, yesFlag } from '../../src/cli/flags.js';
import { revocationReasons } from '../../src/pki/revocation-reason.js';

export default class IdentityRevoke extends BaseCommand {
  static override summary = 'have the Auto CA revoke the certificate of an identity of this home';
  static override description =
    'For a key that others may have. The members of the circle refuse it as soon as they know; it cannot be taken back, so at a terminal you are asked first.';
  static override examples = ['<%= config.bin %> identity revoke --reason keyCompromise'];
  static override args = { name: Args.string({ description: 'member name (default: as whom this home speaks)' }) };
  static override flags = {
    reason: Flags.string({
      description: `why: ${revocationReasons.join(', ')}`,
      default: 'unspecified',
      helpValue: 'REASON',
    }),
    server: serverFlag,
    'identity-password-file': identityPasswordFileFlag,
    yes: yesFlag,
  };

  async run() {
    const { args, flags } = await this.parse(IdentityRevoke);
    const { parseRevocationReason } = await import('../../src/pki/revocation-reason.js');
    const { revokeOwn } = await import('../../src/cli/identity/own-identity.js');
    const reason = parseRevocationReason(flags.reason);
    const { deps } = this;
    const home = this.homeOf(flags);
    const { identityOpener } = await import('../../src/cli/identity/open-identity.js');
    const identity = await identityOpener(home, { file: flags['identity-password-file'] }, deps)(args.name);
    const request = { identity, server: flags.server };
    const { confirmAtTerminal } = await import('../../src/cli/confirm-or-flag.js');
    const confirm = (question: string) => confirmAtTerminal(flags.yes, question, deps);
    const { member, serialNumber } = await revokeOwn(home, { ...request, confirm }, reason, deps);
    this.print(`Revoked the certificate ${serialNumber} of ${member}`);
    this.note('Next: ask the host for a new invite, then qtchat enroll --force');
    return { member, serialNumber, reason };
  }
}
