import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import type { SignResult } from '../../src/cli/cert/describe-signed.js';
import { caPasswordFileFlag, explainFlag, profileFlag, sanCnfFlag } from '../../src/cli/flags.js';
import { dayOf } from '../../src/pki/day.js';

export default class CertSign extends BaseCommand {
  static override summary = 'issue a certificate for the key of a request (CSR)';
  static override description =
    `The request must prove that its sender has the key. Taken from it are the public key and the names it asks for,
or those of --san-cnf instead; everything else is as in cert issue. What will be signed is shown first.`;
  static override examples = [
    '<%= config.bin %> cert sign bob.csr',
    '<%= config.bin %> cert sign server.csr bob --san-cnf san.cnf --days 90 --out answers',
    '<%= config.bin %> cert sign bob.csr --dry-run',
  ];
  static override args = {
    csr: Args.string({ description: 'request in PEM or DER', required: true }),
    name: Args.string({ description: "member name (default the request's common name)" }),
  };
  static override flags = {
    'san-cnf': sanCnfFlag,
    profile: profileFlag,
    days: Flags.integer({ description: 'validity in days (default 365, at most 825)', helpValue: 'DAYS' }),
    out: Flags.string({ description: 'folder for NAME.pem', helpValue: 'DIR' }),
    replace: Flags.boolean({ description: 'revoke the certificate that has the name' }),
    force: Flags.boolean({ description: 'keep a file that stands in the way as .bak' }),
    'dry-run': Flags.boolean({ description: 'show what would be signed; write nothing' }),
    'ca-password-file': caPasswordFileFlag,
    explain: explainFlag,
  };

  async run(): Promise<SignResult | undefined> {
    const { args, flags } = await this.parse(CertSign);
    if (await this.explained({ args, flags })) return;
    const { deps } = this;
    const home = this.homeOf(flags);
    const { judgeSigningRequest, signRequest } = await import('../../src/cli/cert/sign-request.js');
    const { planCertificate } = await import('../../src/cli/cert/plan-credential.js');
    const { signingSummary, toSignedResult, toSignResult } = await import('../../src/cli/cert/describe-signed.js');
    const { openCa } = await import('../../src/cli/ca/open-ca.js');
    const request = await judgeSigningRequest({ ...flags, ...args }, deps.signal);
    const planned = toSignResult(request, await planCertificate(home, request, deps));
    for (const line of signingSummary(planned)) this.note(line);
    if (flags['dry-run']) {
      this.print(`Would sign ${planned.member}'s certificate, as ${planned.file}`);
      this.note('Nothing was written');
      return planned;
    }
    const ca = await openCa(home, { file: flags['ca-password-file'] }, deps);
    const result = toSignedResult(planned, await signRequest(home, request, ca, deps));
    this.print(`Signed ${result.member}'s certificate, valid until ${dayOf(result.notAfter)}`);
    this.print(`  ${'certificate'.padEnd(12)} ${result.file}`);
    const { rootPath } = await import('../../src/store/home.js');
    this.note(`Next: hand it to ${result.member}, with ${rootPath(home)} (qtchat cert import)`);
    return result;
  }
}
