import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { explainFlag, keyFlag, nameFlags } from '../../src/cli/flags.js';

export default class CertRequest extends BaseCommand {
  static override summary = 'make a key here, and a request for its certificate to be signed elsewhere';
  static override description =
    `The key never leaves this home. NAME.csr is for whoever has the CA: qtchat cert sign, or any other program.
Their answer is paired with its key by qtchat cert import. Without NAME the request is for you.`;
  static override examples = [
    '<%= config.bin %> cert request bob --ip 192.168.1.101 --dns bob.example.org',
    '<%= config.bin %> cert request --san-cnf san.cnf --key rsa2048 --out requests',
  ];
  static override args = { name: Args.string({ description: 'member name: a-z 0-9 . _ -, at most 63' }) };
  static override flags = {
    ...nameFlags,
    key: keyFlag,
    out: Flags.string({ description: 'folder for NAME.csr', helpValue: 'DIR' }),
    force: Flags.boolean({ description: 'keep a request that stands in the way as .bak' }),
    explain: explainFlag,
  };

  async run() {
    const { args, flags } = await this.parse(CertRequest);
    if (await this.explained({ args, flags })) return;
    const { makeRequest } = await import('../../src/cli/cert/make-request.js');
    const request = { ...flags, name: args.name };
    const made = await makeRequest(this.homeOf(flags), request, this.deps);
    const list = made.names.length === 0 ? '' : ` for ${made.names.map(({ value }) => value).join(', ')}`;
    this.print(`Requested ${made.member}'s certificate (${made.keyType})${list}`);
    this.print(`  ${'request'.padEnd(12)} ${made.file}`);
    for (const warning of made.warnings) this.note(`Note: ${warning}`);
    this.note(
      'Next: hand the request to the host of the circle (qtchat cert sign), then qtchat cert import the answer',
    );
    return made;
  }
}
