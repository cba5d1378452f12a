import { Args } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { explainFlag, reasonFlag } from '../../src/cli/flags.js';

export default class CertRevoke extends BaseCommand {
  static override summary = 'revoke a certificate before its end';
  static override description =
    'By NAME every valid certificate of that member is revoked, by serial number one. It cannot be taken back.';
  static override examples = [
    '<%= config.bin %> cert revoke gus',
    '<%= config.bin %> cert revoke gus --reason keyCompromise',
  ];
  static override args = {
    subject: Args.string({ name: 'NAME|SERIAL', description: 'member name or serial number', required: true }),
  };
  static override flags = {
    reason: reasonFlag,
    explain: explainFlag,
  };

  async run() {
    const { args, flags } = await this.parse(CertRevoke);
    if (await this.explained({ args, flags })) return;
    const { parseRevocationReason } = await import('../../src/pki/revocation-reason.js');
    const { revokeIssued } = await import('../../src/cli/cert/revoke-issued.js');
    const reason = parseRevocationReason(flags.reason ?? 'unspecified');
    const revoked = await revokeIssued(this.homeOf(flags), args.subject, reason, this.deps);
    for (const { member, serialNumber, already, revokedAt } of revoked) {
      const verb = already ? `Revoked already on ${revokedAt.toISOString().slice(0, 10)}:` : 'Revoked';
      this.print(`${verb} the certificate ${serialNumber} of ${member}`);
    }
    this.note('Next: qtchat ca crl, so that others learn of it');
    return { revoked: revoked.map((entry) => ({ ...entry, revokedAt: entry.revokedAt.toISOString() })) };
  }
}
