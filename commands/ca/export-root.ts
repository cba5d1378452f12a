import { resolve } from 'node:path';
import { Args } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { explainFlag } from '../../src/cli/flags.js';

export default class CaExportRoot extends BaseCommand {
  static override summary = "take the root's key out of this home, to be kept offline";
  static override description =
    `For a CA made with ca init --intermediate, which goes on issuing without it. Whoever breaks into this machine
then gains the intermediate CA at most. The key keeps its password.`;
  static override examples = ['<%= config.bin %> ca export-root offline'];
  static override args = { folder: Args.string({ description: 'where to put root.key and root.pem', required: true }) };
  static override flags = { explain: explainFlag };

  async run() {
    const { args, flags } = await this.parse(CaExportRoot);
    if (await this.explained({ args, flags })) return;
    const { moveRootKey } = await import('../../src/store/ca.js');
    const moved = await moveRootKey(this.homeOf(flags), resolve(args.folder));
    this.print("The root's key is no longer in this home");
    this.print(`  key   ${moved.keyPath}`);
    this.print(`  root  ${moved.rootPath}`);
    this.note('Keep the folder offline, and a second copy elsewhere; erase what backups hold of it');
    return moved;
  }
}
