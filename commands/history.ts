import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.js';

export default class History extends BaseCommand {
  static override summary = 'show what was said with a contact';
  static override description =
    `Times are those of their authors, on the clock of this machine. "…" waits until they are here, "✓" has arrived,
"✓✓" was read. The eight digits are the beginning of the id, by which /reply, /edit, /delete and /react in a chat name a message.
History is encrypted on disk; what --export writes is not.`;
  static override examples = [
    '<%= config.bin %> history gus',
    '<%= config.bin %> history gus --search tide',
    '<%= config.bin %> history gus --export gus.jsonl',
  ];
  // Written piece by piece: it may be longer than memory.
  static override enableJsonFlag = false;
  static override args = { who: Args.string({ description: 'contact', required: true }) };
  static override flags = {
    search: Flags.string({ description: 'only messages that hold this, in whatever case', helpValue: 'TEXT' }),
    export: Flags.string({
      description: 'write JSON lines into this file, which may not exist yet',
      helpValue: 'FILE',
    }),
    json: Flags.boolean({ description: 'format output as JSON' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(History);
    const { writeHistory } = await import('../src/cli/history/history.js');
    const { json, search, export: path } = flags;
    const { member, count } = await writeHistory(this.homeOf(flags), { who: args.who, search, path, json }, this.deps);
    const messages = `${count} ${count === 1 ? 'message' : 'messages'}`;
    if (path !== undefined && json) this.printJsonLine({ member, messages: count, file: path });
    else if (path !== undefined) this.print(`Wrote ${messages} with ${member} to ${path}`);
    else if (count === 0 && !json) this.note(search === undefined ? 'Nothing was said yet' : 'No message holds that');
  }
}
