import { Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { explainFlag } from '../../src/cli/flags.js';
import { dayOf } from '../../src/pki/day.js';

export default class CertList extends BaseCommand {
  static override summary = 'list the certificates that this CA has issued';
  static override examples = [
    '<%= config.bin %> cert list',
    '<%= config.bin %> cert list --name bob',
    '<%= config.bin %> cert list --expiring 14d',
  ];
  static override flags = {
    name: Flags.string({ description: 'only those of this member', helpValue: 'NAME' }),
    expiring: Flags.string({ description: 'only valid ones that end within this time', helpValue: '14d' }),
    explain: explainFlag,
  };

  async run() {
    const { flags } = await this.parse(CertList);
    if (await this.explained({ args: {}, flags })) return;
    const home = this.homeOf(flags);
    const { listIssued } = await import('../../src/cli/cert/list-issued.js');
    const certificates = await listIssued(home, flags, this.deps.clock());
    const { tableLines } = await import('../../src/cli/table.js');
    const rows = certificates.map(({ member, state, notAfter, serialNumber, names }) => [
      member,
      state,
      dayOf(notAfter),
      serialNumber,
      names.map(({ value }) => value).join(', '),
    ]);
    const header = ['NAME', 'STATE', 'UNTIL', 'SERIAL NUMBER', 'FOR'];
    if (rows.length > 0) for (const line of tableLines(header, rows)) this.print(line);
    if (certificates.length === 0) this.note('No certificates');
    return { certificates };
  }
}
