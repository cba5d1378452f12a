import { Args } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';

export default class CertInspect extends BaseCommand {
  static override summary = 'show what the certificates of a file say';
  static override description =
    'Judges nothing: see cert verify. Several certificates of one file are shown in its order.';
  static override examples = [
    '<%= config.bin %> cert inspect bob.pem',
    '<%= config.bin %> cert inspect bob.pem --json',
  ];
  static override args = { file: Args.string({ description: 'PEM or DER', required: true }) };

  async run() {
    const { args } = await this.parse(CertInspect);
    const { readCertificateFile } = await import('../../src/cli/certificate-file.js');
    const { certificateLines, toCertificateResult } = await import('../../src/cli/describe-certificate.js');
    const { describeCertificate } = await import('../../src/pki/describe.js');
    const descriptions = (await readCertificateFile(args.file)).map(describeCertificate);
    for (const [index, description] of descriptions.entries()) {
      if (index > 0) this.print('');
      for (const line of certificateLines(description, this.deps.clock())) this.print(line);
    }
    return { certificates: descriptions.map(toCertificateResult) };
  }
}
