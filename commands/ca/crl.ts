import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { caPasswordFileFlag, explainFlag } from '../../src/cli/flags.js';

export default class CaCrl extends BaseCommand {
  static override summary = 'write the list of revoked certificates (CRL)';
  static override description =
    `Every list replaces the one before. Write a new one after each cert revoke, and before the last one ends.
What was revoked stays on the lists until it has expired.`;
  static override examples = ['<%= config.bin %> ca crl', '<%= config.bin %> ca crl --out revoked.crl --days 30'];
  static override flags = {
    out: Flags.string({ description: 'file to write, in PEM (default crl.pem beside the root)', helpValue: 'FILE' }),
    days: Flags.integer({ description: 'days until the next list, at most 90', default: 7, helpValue: 'DAYS' }),
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
    const { openCa } = await import('../../src/cli/ca/open-ca.js');
    const { checkCrlDays } = await import('../../src/ledger/crl.js');
    const { writeNextCrl } = await import('../../src/cli/ca/write-crl.js');
    const { crlPath } = await import('../../src/store/home.js');
    checkCrlDays(flags.days);
    const ca = await openCa(home, { file: flags['ca-password-file'] }, this.deps);
    const path = flags.out === undefined ? crlPath(home) : resolve(flags.out);
    const wanted = { path, validityDays: flags.days, clockWasAhead: flags['clock-was-ahead'] };
    const crl = await writeNextCrl(home, ca, wanted, this.deps);
    const nextUpdate = crl.nextUpdate.toISOString();
    this.print(`Wrote the revocation list ${crl.number} (${crl.count} revoked), good until ${nextUpdate.slice(0, 10)}`);
    this.print(`  list  ${path}`);
    return { path, number: crl.number, count: crl.count, thisUpdate: crl.thisUpdate.toISOString(), nextUpdate };
  }
}
