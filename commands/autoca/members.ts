import { BaseCommand } from '../../src/cli/base-command.js';
import { dayOf } from '../../src/pki/day.js';

/** What `autoca members --json` prints of a member. */
interface ListedMember {
  readonly name: string;
  readonly since: string;
  /** Of the valid certificate that ends last. */
  readonly serialNumber: string | null;
  readonly notAfter: string | null;
}

export default class AutocaMembers extends BaseCommand {
  static override summary = 'list the members of the circle';
  static override examples = ['<%= config.bin %> autoca members'];

  async run(): Promise<{ members: ListedMember[] }> {
    const { flags } = await this.parse(AutocaMembers);
    const { listFromLedger } = await import('../../src/cli/autoca/with-ledger.js');
    const { listMembers } = await import('../../src/ledger/members.js');
    const { tableLines } = await import('../../src/cli/table.js');
    const now = this.deps.clock();
    const { autoCaName } = await import('../../src/pki/circle.js');
    const all = await listFromLedger(this.homeOf(flags), (ledger) => listMembers(ledger, now));
    // The server's own certificates are nobody's.
    const members = all.filter(({ name }) => name !== autoCaName);
    const rows = members.map(({ name, createdAt, serialNumber, notAfter }) => [
      name,
      dayOf(createdAt),
      notAfter === undefined ? 'no valid certificate' : dayOf(notAfter),
      serialNumber ?? '',
    ]);
    if (rows.length === 0) this.note('No members');
    else for (const line of tableLines(['NAME', 'SINCE', 'UNTIL', 'SERIAL NUMBER'], rows)) this.print(line);
    return {
      members: members.map(({ name, createdAt, serialNumber = null, notAfter }) => ({
        name,
        since: createdAt.toISOString(),
        serialNumber,
        notAfter: notAfter?.toISOString() ?? null,
      })),
    };
  }
}
