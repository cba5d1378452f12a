import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import type { Converted } from '../../src/cli/cert/convert-certificates.js';
import { explainFlag } from '../../src/cli/flags.js';

export default class CertConvert extends BaseCommand {
  static override summary = 'write certificates in another form';
  static override description =
    'Reads PEM, DER and PKCS #7 (.p7b). Text is printed unless --out names a file. A .pfx is made by cert export.';
  static override examples = [
    '<%= config.bin %> cert convert bob.pem --to der --out bob.cer',
    '<%= config.bin %> cert convert bob.pem --to pkcs7 --out bob.p7b',
    '<%= config.bin %> cert convert bob.pem --to pem',
  ];
  static override args = { file: Args.string({ description: 'certificates in PEM, DER or PKCS #7', required: true }) };
  static override flags = {
    to: Flags.option({ options: ['pem', 'der', 'pkcs7'] as const, description: 'form to write', required: true })(),
    out: Flags.string({ description: 'file to write', helpValue: 'FILE' }),
    force: Flags.boolean({ description: 'keep a file that stands in the way as .bak' }),
    explain: explainFlag,
  };

  async run(): Promise<Converted | undefined> {
    const { args, flags } = await this.parse(CertConvert);
    if (await this.explained({ args, flags })) return;
    const { convertCertificates } = await import('../../src/cli/cert/convert-certificates.js');
    const converted = await convertCertificates(args.file, flags.to, { ...flags, signal: this.deps.signal });
    const { certificates, content, file } = converted;
    if (content !== null) this.print(content.trimEnd());
    else this.print(`Wrote ${certificates === 1 ? 'one certificate' : `${certificates} certificates`} to ${file}`);
    return converted;
  }
}
