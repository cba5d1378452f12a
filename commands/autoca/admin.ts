import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { QTChatError } from '../../src/errors.js';
import { dayOf } from '../../src/pki/day.js';

/** What `autoca admin --json` prints of an admin. */
interface ListedAdmin {
  readonly name: string;
  /** Of the certificate by which it is one, with those that follow it by renewal. */
  readonly serialNumber: string;
  readonly grantedAt: string;
}

export default class AutocaAdmin extends BaseCommand {
  static override summary = 'let a member see the dashboard and the metrics of the Auto CA';
  static override description =
    'An admin changes nothing. The right belongs to the certificates the member has now, and to those that follow them by renewal. Without a name, lists the admins.';
  static override examples = [
    '<%= config.bin %> autoca admin alice',
    '<%= config.bin %> autoca admin',
    '<%= config.bin %> autoca admin --withdraw alice',
  ];
  static override args = { name: Args.string({ description: 'the member' }) };
  static override flags = { withdraw: Flags.boolean({ description: 'take the right from the member' }) };

  async run(): Promise<{ admins: ListedAdmin[] }> {
    const { args, flags } = await this.parse(AutocaAdmin);
    const { name } = args;
    const home = this.homeOf(flags);
    const { listFromLedger, withLedger } = await import('../../src/cli/autoca/with-ledger.js');
    const { grantAdmin, listAdmins, withdrawAdmin } = await import('../../src/ledger/admins.js');
    const { tableLines } = await import('../../src/cli/table.js');
    if (name !== undefined) {
      const change = flags.withdraw ? withdrawAdmin : grantAdmin;
      await withLedger(home, (ledger) => change(ledger, name, this.deps));
    } else if (flags.withdraw) {
      throw new QTChatError('ERR_USAGE', '--withdraw needs a name', { hint: 'See qtchat autoca admin' });
    }
    const admins = (await listFromLedger(home, listAdmins)).map(({ member, serialNumber, grantedAt }) => ({
      name: member,
      serialNumber,
      grantedAt: grantedAt.toISOString(),
    }));
    const rows = admins.map((admin) => [admin.name, dayOf(new Date(admin.grantedAt)), admin.serialNumber]);
    if (rows.length === 0) this.note('No admins');
    else for (const line of tableLines(['NAME', 'SINCE', 'CERTIFICATE'], rows)) this.print(line);
    return { admins };
  }
}
