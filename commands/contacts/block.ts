import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';

export default class ContactsBlock extends BaseCommand {
  static override summary = 'hear nothing of a contact any more';
  static override description =
    `Their connections are closed without a word, by whatever runs in this home too: from now on nothing of theirs is taken,
and open sessions end within seconds. What waits for them stays where it is, until you lift it.`;
  static override examples = ['<%= config.bin %> contacts block gus', '<%= config.bin %> contacts block gus --undo'];
  static override args = { who: Args.string({ description: 'contact', required: true }) };
  static override flags = { undo: Flags.boolean({ description: 'lift it' }) };

  async run() {
    const { args, flags } = await this.parse(ContactsBlock);
    const { withContact } = await import('../../src/cli/contacts/with-contact.js');
    const { blockContact } = await import('../../src/store/contact-decisions.js');
    const since = flags.undo ? undefined : this.deps.clock();
    const result = await withContact(this.homeOf(flags), args.who, this.deps, async ({ contact, database }) => ({
      member: contact.member,
      blocked: !flags.undo,
      changed: await blockContact(database, contact, since),
    }));
    const { member, blocked, changed } = result;
    const was = blocked ? `${member} was blocked already` : `${member} was not blocked`;
    this.print(changed ? `${blocked ? 'Blocked' : 'No longer blocked:'} ${member}` : was);
    return result;
  }
}
