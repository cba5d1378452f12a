import { Flags } from '@oclif/core';
import type { ListedInvite } from '../../src/cli/autoca/list-invites.js';
import { BaseCommand } from '../../src/cli/base-command.js';
import { minuteOf } from '../../src/pki/day.js';

/** What `autoca invites --json` prints. */
interface InvitesResult {
  readonly invites?: ListedInvite[];
  /** Id of the invite that serves no longer. */
  readonly withdrawn?: string;
  /** Serial number of a certificate that was revoked with it. */
  readonly revoked?: string | null;
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
      const { withdrawUsableInvite } = await import('../../src/ledger/invites.js');
      const text = flags.withdraw;
      const { id, revoked } = await withLedger(home, (ledger) => withdrawUsableInvite(ledger, text, this.deps));
      this.print(`Withdrew invite ${id}`);
      if (revoked !== undefined) this.note(`Revoked the certificate ${revoked}, which nobody had confirmed`);
      return { withdrawn: id, revoked: revoked ?? null };
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
