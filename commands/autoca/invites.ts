import { Flags } from '@oclif/core';
import type { ListedInvite } from '../../src/cli/autoca/list-invites.js';
import { BaseCommand } from '../../src/cli/base-command.js';
import { minuteOf } from '../../src/pki/day.js';

/** What `autoca invites --json` prints. */
interface InvitesResult {
  readonly invites?: ListedInvite[];
  /** Id of the invite that serves no longer. */
  readonly withdrawn?: string;
}

export default class AutocaInvites extends BaseCommand {
  static override summary = 'list the invites that still serve, or withdraw one';
  static override examples = [
    '<%= config.bin %> autoca invites',
    '<%= config.bin %> autoca invites --all',
    '<%= config.bin %> autoca invites --withdraw 81d40b27',
  ];
  static override flags = {
    all: Flags.boolean({ description: 'also those that serve no longer' }),
    withdraw: Flags.string({
      description: 'end this invite: its ID, or the beginning of it',
      helpValue: 'ID',
      exclusive: ['all'],
    }),
  };

  async run(): Promise<InvitesResult> {
    const { flags } = await this.parse(AutocaInvites);
    const home = this.homeOf(flags);
    if (flags.withdraw !== undefined) {
      const { withLedger } = await import('../../src/cli/autoca/with-ledger.js');
      const { withdrawOpenInvite } = await import('../../src/ledger/invites.js');
      const text = flags.withdraw;
      const withdrawn = await withLedger(home, (ledger) => withdrawOpenInvite(ledger, text, this.deps));
      this.print(`Withdrew invite ${withdrawn}`);
      return { withdrawn };
    }
    const { invitesOf } = await import('../../src/cli/autoca/list-invites.js');
    const { tableLines } = await import('../../src/cli/table.js');
    const invites = await invitesOf(home, flags.all, this.deps.clock());
    const rows = invites.map(({ id, kind, member, state, expiresAt }) => [
      id,
      member,
      kind,
      state,
      minuteOf(new Date(expiresAt)),
    ]);
    if (rows.length === 0) this.note('No invites');
    else for (const line of tableLines(['ID', 'FOR', 'KIND', 'STATE', 'UNTIL'], rows)) this.print(line);
    return { invites };
  }
}
