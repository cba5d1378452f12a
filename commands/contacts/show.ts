import { Args } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';

export default class ContactsShow extends BaseCommand {
  static override summary = 'show a contact: addresses, the pinned key, and keys that were refused';
  static override examples = ['<%= config.bin %> contacts show gus', '<%= config.bin %> contacts show gus --json'];
  static override args = { who: Args.string({ description: 'contact', required: true }) };

  async run() {
    const { args, flags } = await this.parse(ContactsShow);
    const { withContact } = await import('../../src/cli/contacts/with-contact.js');
    const { printedContact } = await import('../../src/cli/contacts/printed-contacts.js');
    const { contactLines } = await import('../../src/ui/text/describe-contact.js');
    const contact = await withContact(this.homeOf(flags), args.who, this.deps, (found) =>
      printedContact(found.database, found.contact),
    );
    for (const line of contactLines(contact)) this.print(line);
    if (contact.otherKeys.length > 0) {
      this.note(
        `Ask on another way whose the refused key is. If it is theirs: qtchat contacts trust ${contact.member}`,
      );
    }
    return contact;
  }
}
