import { Args } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { explainFlag, pfxPasswordFileFlag } from '../../src/cli/flags.js';

export default class CertInspect extends BaseCommand {
  static override summary = 'show what a certificate file, or a server, says';
  static override description =
    `Reads certificates, .pfx files, certificate signing requests and revocation lists, in PEM or DER; or fetches the
certificates of a TLS server. Judges nothing: see cert verify.`;
  static override examples = [
    '<%= config.bin %> cert inspect bob.pem',
    '<%= config.bin %> cert inspect bob.pfx --json',
    '<%= config.bin %> cert inspect crl.pem',
    '<%= config.bin %> cert inspect 192.168.1.100:17590',
  ];
  static override args = { target: Args.string({ description: 'FILE or HOST:PORT', required: true }) };
  static override flags = { 'pfx-password-file': pfxPasswordFileFlag, explain: explainFlag };

  async run() {
    const { args, flags } = await this.parse(CertInspect);
    if (await this.explained({ args, flags })) return;
    const { deps } = this;
    const { inspect } = await import('../../src/cli/cert/inspect.js');
    const { describeInspected } = await import('../../src/cli/cert/describe-inspected.js');
    const { readPassword } = await import('../../src/cli/password.js');
    const file = flags['pfx-password-file'];
    const password = async () => (await readPassword({ purpose: 'pfx', file, deps })) ?? '';
    const inspected = await inspect(args.target, { password, deps });
    const { lines, result } = describeInspected(inspected, deps.clock());
    for (const line of lines) this.print(line);
    return result;
  }
}
