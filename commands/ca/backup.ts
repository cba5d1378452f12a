import { resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { explainFlag } from '../../src/cli/flags.js';

export default class CaBackup extends BaseCommand {
  static override summary = 'write the CA and its ledger to a file';
  static override description = `Keys keep their passwords; nothing is asked. The Auto CA may run meanwhile.
Identities, contacts and history are not in it, nor anything by which an open invite could be used.`;
  static override examples = ['<%= config.bin %> ca backup circle.backup'];
  static override args = { file: Args.string({ description: 'file to write', required: true }) };
  static override flags = {
    force: Flags.boolean({ description: 'keep a file that stands there as .bak' }),
    explain: explainFlag,
  };

  async run() {
    const { args, flags } = await this.parse(CaBackup);
    if (await this.explained({ args, flags })) return;
    const { backUpCa } = await import('../../src/cli/ca/backup-ca.js');
    const path = resolve(args.file);
    const { createdAt, entries, encrypted, oldFile } = await backUpCa(this.homeOf(flags), path, flags, this.deps);
    this.print(`Wrote the CA and its ledger (${entries} audit entries)`);
    this.print(`  backup  ${path}`);
    if (!encrypted) this.note('Warning: the CA key in it has no password: whoever reads the file is the CA');
    if (oldFile !== undefined) this.note(`The old file is kept as ${oldFile}`);
    this.note('Keep it on another machine; qtchat ca restore brings it back');
    return { path, createdAt: createdAt.toISOString(), entries, encrypted, oldFile: oldFile ?? null };
  }
}
