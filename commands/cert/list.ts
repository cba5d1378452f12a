import { Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
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
  };

  async run() {
    const { flags } = await this.parse(CertList);
    const home = this.homeOf(flags);
    const { listIssued } = await import('../../src/cli/list-issued.js');
    const certificates = await listIssued(home, flags, this.deps.clock());
    for (const { member, state, notAfter, serialNumber, names } of certificates) {
      const list = names.map(({ value }) => value).join(', ');
      this.print(
        [member.padEnd(16), state.padEnd(7), dayOf(notAfter), serialNumber.padEnd(32), list].join('  ').trim(),
      );
    }
    if (certificates.length === 0) this.note('No certificates');
    return { certificates };
  }
}
