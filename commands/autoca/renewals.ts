import { Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';

export default class AutocaRenewals extends BaseCommand {
  static override summary = 'list the renewals that wait for you, and allow one';
  static override description =
    `A renewal waits when its certificate was renewed with another key before (somebody may have a copy of it), or has
expired. Ask the member which key their screen shows. Where there is another successor, it is revoked when yours is fetched.`;
  static override examples = ['<%= config.bin %> autoca renewals', '<%= config.bin %> autoca renewals --json'];
  static override flags = {
    allow: Flags.string({ description: 'allow the renewal of the key that begins so, for a day', helpValue: 'KEY' }),
  };

  async run() {
    const { flags } = await this.parse(AutocaRenewals);
    const { heldRenewals } = await import('../../src/cli/autoca/renewals.js');
    const { tableLines } = await import('../../src/cli/table.js');
    const held = await heldRenewals(this.homeOf(flags), flags.allow, this.deps);
    const rows = held.map(({ member, reason, spkiSha256, heldAt, allowedUntil }) => [
      member,
      spkiSha256.slice(0, 16),
      reason === 'expired' ? 'expired' : 'renewed before',
      heldAt.toISOString().slice(0, 16),
      allowedUntil === undefined ? '' : `allowed until ${allowedUntil.toISOString().slice(0, 16)}`,
    ]);
    if (rows.length > 0) for (const line of tableLines(['NAME', 'KEY', 'WHY', 'ASKED', ''], rows)) this.print(line);
    if (rows.length === 0) this.note('No renewal waits');
    return {
      renewals: held.map(({ heldAt, allowedUntil, formerSerial, ...rest }) => ({
        ...rest,
        serialNumber: formerSerial,
        heldAt: heldAt.toISOString(),
        allowedUntil: allowedUntil?.toISOString() ?? null,
      })),
    };
  }
}
