import { Args } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';

export default class ContactsRename extends BaseCommand {
  static override summary = 'call a contact as you like';
  static override description =
    `The name is yours alone, and serves wherever a contact is named; others do not learn of it.
Give the member name to call them by that again.`;
  static override examples = [
    '<%= config.bin %> contacts rename gus "Gus from the boat"',
    '<%= config.bin %> contacts rename gus gus',
  ];
  static override args = {
    who: Args.string({ description: 'contact', required: true }),
    name: Args.string({ description: 'what to call them', required: true }),
  };

  async run() {
    const { args, flags } = await this.parse(ContactsRename);
    const { withContact } = await import('../../src/cli/contacts/with-contact.js');
    const { parseNick, renameContact } = await import('../../src/store/contact-decisions.js');
    const nick = parseNick(args.name);
    const member = await withContact(this.homeOf(flags), args.who, this.deps, async (found) => {
      const { contact, identity, database } = found;
      await renameContact(database, { ...contact, self: identity.member }, nick);
      return contact.member;
    });
    this.print(nick === member ? `You call ${member} by that name again` : `You call ${member} ${nick} now`);
    return { member, nick: nick === member ? null : nick };
  }
}
