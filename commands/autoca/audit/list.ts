import { Flags } from '@oclif/core';
import { BaseCommand } from '../../../src/cli/base-command.js';

export default class AutocaAuditList extends BaseCommand {
  static override summary = 'show what was issued, revoked and invited, when, and at whose request';
  static override examples = ['<%= config.bin %> autoca audit list', '<%= config.bin %> autoca audit list --last 20'];
  static override flags = {
    last: Flags.integer({ description: 'only so many of the newest entries', min: 1, helpValue: 'COUNT' }),
  };

  async run() {
    const { flags } = await this.parse(AutocaAuditList);
    const { readAuditLog } = await import('../../../src/cli/autoca/audit-log.js');
    const { tableLines } = await import('../../../src/cli/table.js');
    const entries = await readAuditLog(this.homeOf(flags), flags.last);
    const rows = entries.map(({ sequence, at, event, actor, details: { digest: _, ...details } }) => [
      String(sequence),
      `${at.toISOString().slice(0, 19)}Z`,
      event,
      actor,
      Object.values(details).join(' '),
    ]);
    const header = ['NO', 'AT', 'WHAT', 'BY', 'DETAILS'];
    if (rows.length > 0) for (const line of tableLines(header, rows)) this.print(line);
    else this.note('Nothing is recorded yet');
    return { entries: entries.map((entry) => ({ ...entry, at: entry.at.toISOString() })) };
  }
}
