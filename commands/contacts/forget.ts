import { Args } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { yesFlag } from '../../src/cli/flags.js';

export default class ContactsForget extends BaseCommand {
  static override summary = 'forget a contact: its key, its addresses and all that was said';
  static override description =
    `It cannot be taken back. What waits for the contact is forgotten too. The next meeting is a first one again:
whoever shows a certificate of that name then is taken for the contact. A block stays.`;
  static override examples = ['<%= config.bin %> contacts forget gus --yes'];
  static override args = { who: Args.string({ description: 'contact', required: true }) };
  static override flags = { yes: yesFlag };

  async run() {
    const { args, flags } = await this.parse(ContactsForget);
    const { withContact } = await import('../../src/cli/contacts/with-contact.js');
    const { confirmOrFlag } = await import('../../src/cli/confirm-or-flag.js');
    const { forgetContact } = await import('../../src/store/contact-decisions.js');
    const forgotten = await withContact(this.homeOf(flags), args.who, this.deps, async ({ contact, database }) => {
      const question = `Forget ${contact.member}, and all that was said?`;
      await confirmOrFlag(flags.yes, { flag: '--yes', question }, this.deps);
      return { member: contact.member, ...(await forgetContact(database, contact)) };
    });
    const { member, messages } = forgotten;
    this.print(`Forgot ${member} and ${messages} ${messages === 1 ? 'message' : 'messages'}`);
    return forgotten;
  }
}
