import { Args } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { explainFlag, reasonFlag, yesFlag } from '../../src/cli/flags.js';

export default class CertRevoke extends BaseCommand {
  static override summary = 'revoke a certificate before its end';
  static override description =
    'By NAME every valid certificate of that member is revoked, by serial number one. It cannot be taken back; at a terminal you are asked first.';
  static override examples = [
    '<%= config.bin %> cert revoke gus',
    '<%= config.bin %> cert revoke gus --reason keyCompromise',
  ];
  static override args = {
    subject: Args.string({
      name: 'NAME|SERIAL',
      description: 'member name or serial number (at a terminal: asked for)',
    }),
  };
  static override flags = {
    reason: reasonFlag,
    yes: yesFlag,
    explain: explainFlag,
  };

  async run() {
    const { args, flags } = await this.parse(CertRevoke);
    const home = this.homeOf(flags);
    const { deps } = this;
    const { memberName } = await import('../../src/cli/cert/choose-member.js');
    const wanted = {
      argument: 'SUBJECT (member name or serial number)',
      command: 'cert revoke',
      question: 'Whose certificate is to be revoked?',
      states: ['valid'],
    } as const;
    const subject = await memberName(home, args.subject, wanted, deps);
    if (await this.explained({ args: { subject }, flags })) return;
    const { parseRevocationReason } = await import('../../src/pki/revocation-reason.js');
    const { revokeIssued } = await import('../../src/cli/cert/revoke-issued.js');
    const reason = parseRevocationReason(flags.reason ?? 'unspecified');
    const { confirmAtTerminal } = await import('../../src/cli/confirm-or-flag.js');
    const confirm = (question: string) => confirmAtTerminal(flags.yes, question, deps);
    const revoked = await revokeIssued(home, subject, reason, { clock: deps.clock, confirm });
    for (const { member, serialNumber, already, revokedAt } of revoked) {
      const verb = already ? `Revoked already on ${revokedAt.toISOString().slice(0, 10)}:` : 'Revoked';
      this.print(`${verb} the certificate ${serialNumber} of ${member}`);
    }
    this.note('Next: qtchat ca crl, so that others learn of it');
    return { revoked: revoked.map((entry) => ({ ...entry, revokedAt: entry.revokedAt.toISOString() })) };
  }
}
