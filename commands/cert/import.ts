import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { explainFlag, identityPasswordFileFlag, pfxPasswordFileFlag, rootFileFlag } from '../../src/cli/flags.js';
import { QTChatError, quote } from '../../src/errors.js';

export default class CertImport extends BaseCommand {
  static override summary = 'make an identity of a .pfx file, or of the answer to cert request';
  static override description =
    `A certificate in PEM or DER is paired with the request of this home that waits for it, or with --key-file.
The root to trust is that of --root-file, of the .pfx itself, or of this home.`;
  static override examples = [
    '<%= config.bin %> cert import bob.pfx --root-file root.pem',
    '<%= config.bin %> cert import bob.pfx --root-file root.pem --pfx-password-file secret.txt',
    '<%= config.bin %> cert import bob.pem --root-file root.pem --key-file bob.key',
  ];
  static override args = {
    file: Args.string({ description: '.pfx, or the certificate and any intermediates', required: true }),
  };
  static override flags = {
    'root-file': rootFileFlag,
    'key-file': Flags.string({ description: "the certificate's key in PEM", helpValue: 'FILE' }),
    'pfx-password-file': pfxPasswordFileFlag,
    'identity-password-file': identityPasswordFileFlag,
    force: Flags.boolean({ description: 'keep an identity of the same name as .NAME.bak' }),
    explain: explainFlag,
  };

  async run() {
    const { args, flags } = await this.parse(CertImport);
    if (await this.explained({ args, flags })) return;
    const { deps } = this;
    const home = this.homeOf(flags);
    const { readBoundedFile } = await import('../../src/store/private-file.js');
    const { holdsCertificates, importAnswer } = await import('../../src/cli/cert/import-answer.js');
    const { importPfx } = await import('../../src/cli/cert/import-identity.js');
    const { readPassword } = await import('../../src/cli/password.js');
    const { gainedIdentity, gainedWords, lostPassword } = await import('../../src/cli/describe-identity.js');
    const options = { rootFile: flags['root-file'], force: flags.force, at: deps.clock() };
    const content = await readBoundedFile(args.file, deps.signal);
    const answer = { ...options, keyFile: flags['key-file'], keyPasswordFile: flags['identity-password-file'] };
    if (answer.keyFile !== undefined && !holdsCertificates(content)) {
      throw new QTChatError('ERR_USAGE', `${quote(args.file)} is a .pfx, which has its key inside`, {
        hint: 'Leave out --key-file',
      });
    }
    const pfxPassword = async (): Promise<string> =>
      (await readPassword({ purpose: 'pfx', file: flags['pfx-password-file'], deps })) ?? '';
    const { identity, speaks, hadPassword } = holdsCertificates(content)
      ? await importAnswer(home, content, answer, deps)
      : await importPfx(home, content, await pfxPassword(), options, deps);
    const result = gainedIdentity(identity, speaks);
    const { line, notes } = gainedWords(result);
    this.print(line);
    for (const note of hadPassword ? [lostPassword, ...notes] : notes) this.note(note);
    return result;
  }
}
