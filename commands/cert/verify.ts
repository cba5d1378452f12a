import { Args } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { rootFileFlag } from '../../src/cli/flags.js';
import { QTChatError, quote } from '../../src/errors.js';
import { dayOf } from '../../src/pki/day.js';

export default class CertVerify extends BaseCommand {
  static override summary = 'check that a certificate leads to a root, now';
  static override description =
    `The root is that of --root-file, or of this home. Signatures, dates, CA flags and usages are judged; what was revoked is not looked at.`;
  static override examples = [
    '<%= config.bin %> cert verify bob.pem',
    '<%= config.bin %> cert verify bob.pem --root-file root.pem',
  ];
  static override args = { file: Args.string({ description: 'certificate, then any intermediates', required: true }) };
  static override flags = { 'root-file': rootFileFlag };

  async run() {
    const { args, flags } = await this.parse(CertVerify);
    const { readCertificateFile } = await import('../../src/cli/certificate-file.js');
    const { findTrustAnchor } = await import('../../src/cli/trust-anchor.js');
    const { verifyPath } = await import('../../src/pki/verify-path.js');
    const { describeCertificate } = await import('../../src/pki/describe.js');
    const chain = await readCertificateFile(args.file);
    const root = await findTrustAnchor(this.homeOf(flags), flags['root-file']);
    const faults = verifyPath(chain, root, { at: this.deps.clock() });
    if (faults.length > 0) {
      const reasons = faults.map(({ message }) => message).join('; ');
      throw new QTChatError('ERR_PKI_PATH_INVALID', `${quote(args.file)} is not valid: ${reasons}`);
    }
    const [leaf] = chain.map(describeCertificate);
    const notAfter = leaf?.notAfter.toISOString() ?? null;
    this.print(`${quote(args.file)} is valid until ${dayOf(notAfter ?? '')}`);
    return {
      valid: true,
      notAfter,
      circle: leaf?.circle ?? null,
      rootFingerprintSha256: describeCertificate(root).fingerprintSha256,
    };
  }
}
