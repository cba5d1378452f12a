import { Args, Flags } from '@oclif/core';
import { guestFlags } from '../../src/cli/autoca/guest-flags.js';
import { BaseCommand } from '../../src/cli/base-command.js';

/** What `autoca approve --json` prints. */
interface ApproveResult {
  readonly id: string;
  readonly member: string;
}

export default class AutocaApprove extends BaseCommand {
  static override summary = 'let a waiting guest in, under a name that you choose';
  static override description =
    'Type the four words as the guest reads them to you, over a telephone for example: only then it is certain that nobody stands in between.';
  static override examples = [
    '<%= config.bin %> autoca approve 4f2a90c1 --name bob --words "zebra youth year yard"',
    '<%= config.bin %> autoca approve 4f2a90c1 --name bob --words "zebra youth year yard" --ip 192.168.1.101 --days 30',
  ];
  static override args = {
    id: Args.string({ description: 'the request, or the beginning of its ID; see autoca requests', required: true }),
  };
  static override flags = {
    name: Flags.string({ description: 'member name of the guest (default: you are asked)', helpValue: 'NAME' }),
    words: Flags.string({ description: 'the words that the guest sees (default: you are asked)', helpValue: 'WORDS' }),
    ...guestFlags,
  };

  async run(): Promise<ApproveResult> {
    const { args, flags } = await this.parse(AutocaApprove);
    const { readGuestTerms } = await import('../../src/cli/autoca/guest-terms.js');
    const { askOrFlag } = await import('../../src/cli/autoca/ask-or-flag.js');
    const { withLedger } = await import('../../src/cli/autoca/with-ledger.js');
    const { approveRequest } = await import('../../src/ledger/requests.js');
    const { normalizeWords } = await import('../../src/enroll/words.js');
    const { deps } = this;
    const words = await askOrFlag(
      flags.words,
      { flag: '--words', question: 'Words that the guest reads to you' },
      deps,
    );
    const name = await askOrFlag(flags.name, { flag: '--name', question: 'Name for the guest' }, deps);
    const terms = readGuestTerms(name, flags);
    if (terms.warning !== undefined) this.note(terms.warning);
    const id = await withLedger(this.homeOf(flags), (ledger) =>
      approveRequest(ledger, args.id, normalizeWords(words), terms, deps),
    );
    this.print(`Approved request ${id}: the guest becomes ${terms.member}`);
    this.note('The guest is let in once it has confirmed the words too; qtchat autoca members shows it then');
    return { id, member: terms.member };
  }
}
