import { BaseCommand } from '../src/cli/base-command.js';
import type { DemoResult } from '../src/cli/demo/demo.js';

export default class Demo extends BaseCommand {
  static override summary = 'show the whole journey on this machine, in a throw-away folder';
  static override description =
    'Makes a circle, enrols two members at a real Auto CA, lets them chat and send a picture, all on loopback. Nothing remains, and your own home is not touched.';
  static override examples = ['<%= config.bin %> demo', '<%= config.bin %> demo --json'];

  async run(): Promise<DemoResult> {
    await this.parse(Demo);
    const { runDemo } = await import('../src/cli/demo/demo.js');
    const { clock, signal } = this.deps;
    const result = await runDemo({ clock, signal, say: (line) => this.print(line) });
    this.print('');
    this.print(`All of it happened just now, in ${(result.elapsedMs / 1000).toFixed(1)} s, and nothing of it is left.`);
    this.note('Next: qtchat ca init, to start a circle of your own, or qtchat enroll, to join one');
    return result;
  }
}
