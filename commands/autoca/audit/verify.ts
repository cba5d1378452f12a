import { Flags } from '@oclif/core';
import { BaseCommand } from '../../../src/cli/base-command.js';

export default class AutocaAuditVerify extends BaseCommand {
  static override summary = 'find out whether somebody changed the ledger';
  static override description =
    `Every entry of the audit log holds a hash of all before it, and the CA signs its end with every revocation list.
Compares the log with that signature, with what this home saw last time, and with all that the ledger holds.`;
  static override examples = ['<%= config.bin %> autoca audit verify'];
  static override flags = {
    head: Flags.string({ description: 'an end of the log that was shown earlier', helpValue: 'NUMBER:HASH' }),
  };

  async run() {
    const { flags } = await this.parse(AutocaAuditVerify);
    const { verifyAuditLog } = await import('../../../src/cli/autoca/audit-log.js');
    const { formatHead } = await import('../../../src/store/audit-head.js');
    const { entries, signedTo, head } = await verifyAuditLog(this.homeOf(flags), flags.head, this.deps);
    this.print(`The ledger is what its audit log says: ${entries} entries, of which the CA has signed ${signedTo}`);
    if (head !== undefined) {
      this.print(`  end  ${formatHead(head)}`);
      this.note('Keep the end elsewhere: with --head it shows, even to a new home, that a log is an old copy');
    }
    if (signedTo < entries) this.note('The next revocation list signs the rest: qtchat ca crl');
    return { entries, signedTo, head: head === undefined ? null : formatHead(head) };
  }
}
