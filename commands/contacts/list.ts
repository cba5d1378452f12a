import { BaseCommand } from '../../src/cli/base-command.js';

export default class ContactsList extends BaseCommand {
  static override summary = 'list whom this home has met';
  static override examples = ['<%= config.bin %> contacts list', '<%= config.bin %> contacts list --json'];

  async run() {
    const { flags } = await this.parse(ContactsList);
    const { listPrinted } = await import('../../src/cli/contacts/printed-contacts.js');
    const { lastPlace, remarkOn } = await import('../../src/ui/text/describe-contact.js');
    const { tableLines } = await import('../../src/cli/table.js');
    const contacts = await listPrinted(this.homeOf(flags), this.deps);
    const rows = contacts.map((contact) => [contact.nick ?? '', contact.member, lastPlace(contact), remarkOn(contact)]);
    if (rows.length === 0) this.note('None yet: members become contacts when you meet. Next: qtchat chat');
    else for (const line of tableLines(['YOU CALL', 'MEMBER', 'LAST AT', ''], rows)) this.print(line);
    return { contacts };
  }
}
