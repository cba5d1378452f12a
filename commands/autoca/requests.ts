import { BaseCommand } from '../../src/cli/base-command.js';
import { minuteOf } from '../../src/pki/day.js';

/** What `autoca requests --json` prints of a request. */
interface ListedRequest {
  readonly id: string;
  readonly address: string;
  readonly words: string;
  readonly createdAt: string;
  readonly expiresAt: string;
}

export default class AutocaRequests extends BaseCommand {
  static override summary = 'list the guests that wait for your approval';
  static override description =
    'Each guest sees the same four words as you, unless somebody stands in between. Let the guest read them to you.';
  static override examples = ['<%= config.bin %> autoca requests'];

  async run(): Promise<{ requests: ListedRequest[] }> {
    const { flags } = await this.parse(AutocaRequests);
    const { listFromLedger } = await import('../../src/cli/autoca/with-ledger.js');
    const { listRequests } = await import('../../src/ledger/requests.js');
    const { tableLines } = await import('../../src/cli/table.js');
    const now = this.deps.clock();
    const requests = await listFromLedger(this.homeOf(flags), (ledger) => listRequests(ledger, now));
    const rows = requests.map(({ id, address, words, expiresAt }) => [id, address, words, minuteOf(expiresAt)]);
    const [first] = requests;
    if (first === undefined) this.note('Nobody waits for approval');
    else {
      for (const line of tableLines(['ID', 'FROM', 'WORDS', 'UNTIL'], rows)) this.print(line);
      this.note(
        `Next: qtchat autoca approve ${first.id.slice(0, 8)} --name NAME --words "WORDS"   (as the guest reads them)`,
      );
    }
    const dates = ({ createdAt, expiresAt }: { createdAt: Date; expiresAt: Date }) => ({
      createdAt: createdAt.toISOString(),
      expiresAt: expiresAt.toISOString(),
    });
    return { requests: requests.map((request) => ({ ...request, ...dates(request) })) };
  }
}
