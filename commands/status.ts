import { BaseCommand } from '../src/cli/base-command.js';

export default class Status extends BaseCommand {
  static override summary = 'show who I am here, what runs, and the next sensible command';
  static override examples = ['<%= config.bin %>', '<%= config.bin %> status --json'];

  async run(): Promise<{ home: string }> {
    const { flags } = await this.parse(Status);
    const home = this.homeFolder(flags);
    this.print(home);
    return { home };
  }
}
