import { Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';

/** What `autoca directory --json` prints of an address. */
interface Listed {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly until: string;
}

export default class AutocaDirectory extends BaseCommand {
  static override summary = 'see where members say that they listen, or let them say it no more';
  static override description =
    'Members who chat or listen with --announce tell the Auto CA where, for an hour, and other members may ask for them by name. Off forgets it all, and takes nothing more.';
  static override examples = ['<%= config.bin %> autoca directory', '<%= config.bin %> autoca directory --off'];
  static override flags = {
    off: Flags.boolean({ description: 'keep no directory, and forget what is in it', exclusive: ['on'] }),
    on: Flags.boolean({ description: 'keep one again' }),
  };

  async run(): Promise<{ on: boolean; addresses: Listed[] }> {
    const { flags } = await this.parse(AutocaDirectory);
    const { clock } = this.deps;
    const { withLedger } = await import('../../src/cli/autoca/with-ledger.js');
    const { directoryEntries, isDirectoryOn, switchDirectory } = await import('../../src/ledger/directory.js');
    const { tableLines } = await import('../../src/cli/table.js');
    const { on, entries } = await withLedger(this.homeOf(flags), async (ledger) => {
      if (flags.on || flags.off) await switchDirectory(ledger, flags.on, { clock });
      return { on: await isDirectoryOn(ledger), entries: await directoryEntries(ledger, clock()) };
    });
    const addresses = entries.map(({ member, host, port, expiresAt }) => ({
      ...{ name: member, host, port },
      until: expiresAt.toISOString(),
    }));
    const rows = addresses.map(({ name, host, port, until }) => [
      name,
      host,
      String(port),
      `${until.slice(11, 16)} UTC`,
    ]);
    if (!on) this.note('The directory is off');
    else if (rows.length === 0) this.note('Nobody is listed');
    else for (const line of tableLines(['NAME', 'ADDRESS', 'PORT', 'UNTIL'], rows)) this.print(line);
    return { on, addresses };
  }
}
