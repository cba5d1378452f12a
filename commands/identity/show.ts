import { Args } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import type { ShownIdentity } from '../../src/cli/identity/show-identity.js';

export default class IdentityShow extends BaseCommand {
  static override summary =
    'show an identity of this home: key, certificate, what to compare, and where its Auto CA is';
  static override examples = [
    '<%= config.bin %> identity show',
    '<%= config.bin %> identity show alice',
    '<%= config.bin %> identity show --json',
  ];
  static override args = { name: Args.string({ description: 'member name (default: as whom this home speaks)' }) };

  async run(): Promise<ShownIdentity> {
    const { args, flags } = await this.parse(IdentityShow);
    const { showIdentity } = await import('../../src/cli/identity/show-identity.js');
    const { lines, result } = await showIdentity(this.homeOf(flags), args.name, this.deps.clock());
    for (const line of lines) this.print(line);
    return result;
  }
}
