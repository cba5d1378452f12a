import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { caPasswordFileFlag, explainFlag, reasonFlag, rootKeyFileFlag, yesFlag } from '../../src/cli/flags.js';
import type { IssuedCrl } from '../../src/ledger/crl.js';
import type { Home } from '../../src/store/home.js';

/** Where the list goes. */
interface Wanted {
  readonly path: string;
  readonly clockWasAhead: boolean;
}

/** What was typed beside that. */
interface CrlFlags {
  readonly days?: number | undefined;
  readonly 'root-key-file'?: string | undefined;
  readonly revoke?: string | undefined;
  readonly reason?: string | undefined;
  readonly yes: boolean;
  readonly 'ca-password-file'?: string | undefined;
}

export default class CaCrl extends BaseCommand {
  static override summary = 'write the list of revoked certificates (CRL)';
  static override description =
    `Every list replaces the one before. Write a new one after each cert revoke, and before the last one ends.
What was revoked stays on the lists until it has expired. The root above an intermediate CA has a list of its own (--root).`;
  static override examples = [
    '<%= config.bin %> ca crl',
    '<%= config.bin %> ca crl --out revoked.crl --days 30',
    '<%= config.bin %> ca crl --root --root-key-file offline/root.key',
  ];
  static override flags = {
    out: Flags.string({ description: 'file to write, in PEM (default crl.pem beside the root)', helpValue: 'FILE' }),
    days: Flags.integer({
      description: 'days until the next list: 7 unless told otherwise, at most 90; of a root 180, at most 366',
      helpValue: 'DAYS',
    }),
    root: Flags.boolean({ description: "write the root's list (default root-crl.pem beside it)" }),
    'root-key-file': { ...rootKeyFileFlag, dependsOn: ['root'] },
    revoke: Flags.string({
      description: 'certificate of a CA below the root, to be revoked first',
      helpValue: 'FILE',
      dependsOn: ['root'],
    }),
    reason: { ...reasonFlag, dependsOn: ['revoke'] },
    yes: { ...yesFlag, dependsOn: ['revoke'] },
    'clock-was-ahead': Flags.boolean({
      description: 'go on from the present though the last list is of a later time, by a clock that was wrong',
    }),
    'ca-password-file': caPasswordFileFlag,
    explain: explainFlag,
  };

  async run() {
    const { flags } = await this.parse(CaCrl);
    if (await this.explained({ args: {}, flags })) return;
    const home = this.homeOf(flags);
    const { crlPath, rootCrlPath } = await import('../../src/store/home.js');
    const path = flags.out === undefined ? (flags.root ? rootCrlPath : crlPath)(home) : resolve(flags.out);
    const wanted = { path, clockWasAhead: flags['clock-was-ahead'] };
    const crl = await (flags.root ? this.#ofRoot(home, wanted, flags) : this.#ofMembers(home, wanted, flags));
    const nextUpdate = crl.nextUpdate.toISOString();
    this.print(`Wrote the revocation list ${crl.number} (${crl.count} revoked), good until ${nextUpdate.slice(0, 10)}`);
    this.print(`  list  ${path}`);
    return { path, number: crl.number, count: crl.count, thisUpdate: crl.thisUpdate.toISOString(), nextUpdate };
  }

  async #ofMembers(home: Home, wanted: Wanted, flags: CrlFlags): Promise<IssuedCrl> {
    const { openCa } = await import('../../src/cli/ca/open-ca.js');
    const { checkCrlDays } = await import('../../src/ledger/crl.js');
    const { writeNextCrl } = await import('../../src/cli/ca/write-crl.js');
    const { days: validityDays = 7 } = flags;
    checkCrlDays(validityDays);
    const ca = await openCa(home, { file: flags['ca-password-file'] }, this.deps);
    return writeNextCrl(home, ca, { ...wanted, validityDays }, this.deps);
  }

  async #ofRoot(home: Home, wanted: Wanted, flags: CrlFlags): Promise<IssuedCrl> {
    const { writeRootCrl } = await import('../../src/cli/ca/write-root-crl.js');
    const { parseRevocationReason } = await import('../../src/pki/revocation-reason.js');
    const { days: validityDays, revoke, 'root-key-file': keyFile, 'ca-password-file': passwordFile } = flags;
    const reason = parseRevocationReason(flags.reason ?? 'unspecified');
    const { confirmAtTerminal } = await import('../../src/cli/confirm-or-flag.js');
    const confirm = (question: string) => confirmAtTerminal(flags.yes, question, this.deps);
    const request = { ...wanted, validityDays, revoke, reason, keyFile, passwordFile, confirm };
    const written = await writeRootCrl(home, request, this.deps);
    if (written.revokedOurs) {
      this.warn('the CA of this home is revoked: make the next with ca init --force --intermediate --root-key-file');
    }
    return written;
  }
}
