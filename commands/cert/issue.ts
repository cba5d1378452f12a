import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import type { BatchResult } from '../../src/cli/batch/run-batch.js';
import type { DescribedIssue, IssueResult } from '../../src/cli/cert/describe-issued.js';
import type { CredentialRequest } from '../../src/cli/cert/issue-credential.js';
import {
  caPasswordFileFlag,
  explainFlag,
  keyFlag,
  nameFlags,
  pfxPasswordFileFlag,
  profileFlag,
} from '../../src/cli/flags.js';
import type { Home } from '../../src/store/home.js';

export default class CertIssue extends BaseCommand {
  static override summary = 'make a key and a certificate in one step';
  static override description =
    `Without NAME it is for you: the identity stays in this home, which speaks as it from then on (a san.cnf then gives your name too, by its CN). With NAME it is for somebody else (unless --me): NAME.pem and NAME.key are written to the current folder or to --out.`;
  static override examples = [
    '<%= config.bin %> cert issue --ip 192.168.1.100',
    '<%= config.bin %> cert issue bob --ip 192.168.1.101 --dns bob.example.org --out bob --pfx',
    '<%= config.bin %> cert issue bob --ip 192.168.1.101 --dry-run',
    '<%= config.bin %> cert issue --san-cnf san.cnf',
    '<%= config.bin %> cert issue bob --ip 192.168.1.101 --explain',
    '<%= config.bin %> cert issue --batch names.csv --out crew',
    '<%= config.bin %> cert issue web --profile server --dns www.example.org',
  ];
  static override args = { name: Args.string({ description: 'member name: a-z 0-9 . _ -, at most 63' }) };
  static override flags = {
    me: Flags.boolean({ description: 'NAME is what I want to be called' }),
    ...nameFlags,
    key: keyFlag,
    profile: profileFlag,
    days: Flags.integer({
      description: 'validity of the certificate in days (default 365, at most 825)',
      helpValue: 'DAYS',
    }),
    out: Flags.string({ description: 'folder for NAME.pem and NAME.key', helpValue: 'DIR' }),
    pfx: Flags.boolean({ description: 'also write NAME.pfx' }),
    replace: Flags.boolean({ description: 'revoke the certificate that has the name' }),
    force: Flags.boolean({ description: 'keep files that stand in the way as .bak' }),
    'dry-run': Flags.boolean({ description: 'show what would be issued; write nothing' }),
    batch: Flags.string({
      description: 'issue for every line of a table with the columns name, ip, dns, into the new folder --out',
      helpValue: 'FILE',
      dependsOn: ['out'],
      exclusive: ['me', 'ip', 'dns', 'email', 'uri', 'san-cnf', 'pfx', 'dry-run', 'explain'],
    }),
    'ca-password-file': caPasswordFileFlag,
    'pfx-password-file': { ...pfxPasswordFileFlag, dependsOn: ['pfx'] },
    explain: explainFlag,
  };

  async run(): Promise<IssueResult | BatchResult | undefined> {
    const { args, flags } = await this.parse(CertIssue);
    if (await this.explained({ args, flags })) return;
    const { deps } = this;
    const home = this.homeOf(flags);
    if (flags.batch !== undefined) {
      const { runBatch } = await import('../../src/cli/batch/run-batch.js');
      const show = (line: string): void => this.print(line);
      return runBatch(home, { ...flags, name: args.name, batch: flags.batch }, deps, show);
    }
    let judging: Promise<CredentialRequest> | undefined;
    const judge = (): Promise<CredentialRequest> => {
      judging ??= import('../../src/cli/cert/issue-request.js').then(({ judgeIssueRequest }) =>
        judgeIssueRequest(home, { ...flags, name: args.name }, deps),
      );
      return judging;
    };
    if (flags['dry-run']) return this.#dryRun(home, await judge());
    // Decrypting the CA key takes a tenth of a second: it begins at once, and the rest loads meanwhile.
    const { openCa } = await import('../../src/cli/ca/open-ca.js');
    const opening = openCa(home, { file: flags['ca-password-file'], beforeAsking: judge }, deps);
    // It is awaited below; faults of the flags come first.
    opening.catch(() => {});
    const request = await judge();
    const { issueCredential } = await import('../../src/cli/cert/issue-credential.js');
    const { describeIssued } = await import('../../src/cli/cert/describe-issued.js');
    const ca = await opening;
    const pfxPassword = flags.pfx ? await this.#pfxPassword(flags['pfx-password-file']) : undefined;
    const { hasKeyPassword } = await import('../../src/store/identities.js');
    const { lostPassword } = await import('../../src/cli/describe-identity.js');
    const hadPassword = request.adopt && (await hasKeyPassword(home, request.member));
    const issued = await issueCredential(home, { ...request, pfxPassword }, ca, deps);
    const described = describeIssued(home, request, issued);
    return this.#show(hadPassword ? { ...described, notes: [lostPassword, ...described.notes] } : described);
  }

  #show({ lines, notes, result }: DescribedIssue): IssueResult {
    for (const line of lines) this.print(line);
    for (const line of notes) this.note(line);
    return result;
  }

  async #dryRun(home: Home, request: CredentialRequest): Promise<IssueResult> {
    const { planCredential } = await import('../../src/cli/cert/plan-credential.js');
    const { describePlanned } = await import('../../src/cli/cert/describe-issued.js');
    return this.#show(describePlanned(home, request, await planCredential(home, request, this.deps)));
  }

  async #pfxPassword(file: string | undefined): Promise<string | undefined> {
    const { readPassword } = await import('../../src/cli/password.js');
    return readPassword({ purpose: 'pfx', file, confirm: true, deps: this.deps });
  }
}
