import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { pfxPasswordFileFlag, rootFileFlag } from '../../src/cli/flags.js';

export default class CertImport extends BaseCommand {
  static override summary = 'make an identity of a .pfx file';
  static override description =
    'The root to trust is that of --root-file, of the file itself, or of the CA of this home.';
  static override examples = [
    '<%= config.bin %> cert import bob.pfx --root-file root.pem',
    '<%= config.bin %> cert import bob.pfx --root-file root.pem --pfx-password-file secret.txt',
  ];
  static override args = { file: Args.string({ description: 'PKCS #12 file', required: true }) };
  static override flags = {
    'root-file': rootFileFlag,
    'pfx-password-file': pfxPasswordFileFlag,
    force: Flags.boolean({ description: 'keep an identity of the same name as .NAME.bak' }),
  };

  async run() {
    const { args, flags } = await this.parse(CertImport);
    const { deps } = this;
    const home = this.homeOf(flags);
    const { readBoundedFile } = await import('../../src/store/private-file.js');
    const { readPassword } = await import('../../src/cli/password.js');
    const { importIdentity } = await import('../../src/cli/import-identity.js');
    const { gainedIdentity, gainedWords } = await import('../../src/cli/describe-identity.js');
    const content = await readBoundedFile(args.file, deps.signal);
    const password = (await readPassword({ purpose: 'pfx', file: flags['pfx-password-file'], deps })) ?? '';
    const options = { password, rootFile: flags['root-file'], force: flags.force, at: deps.clock() };
    const { identity, speaks } = await importIdentity(home, content, options);
    const result = gainedIdentity(identity, speaks);
    const { line, notes } = gainedWords(result);
    this.print(line);
    for (const note of notes) this.note(note);
    return result;
  }
}
