import { Args } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';

export default class AutocaDeny extends BaseCommand {
  static override summary = 'turn a waiting guest away';
  static override examples = ['<%= config.bin %> autoca deny 4f2a90c1'];
  static override args = {
    id: Args.string({ description: 'the request, or the beginning of its ID; see autoca requests', required: true }),
  };

  async run(): Promise<{ id: string }> {
    const { args, flags } = await this.parse(AutocaDeny);
    const { withLedger } = await import('../../src/cli/autoca/with-ledger.js');
    const { denyRequest } = await import('../../src/ledger/requests.js');
    const id = await withLedger(this.homeOf(flags), (ledger) => denyRequest(ledger, args.id, this.deps));
    this.print(`Denied request ${id}`);
    return { id };
  }
}
