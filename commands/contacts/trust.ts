import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';

export default class ContactsTrust extends BaseCommand {
  static override summary = 'trust the changed key of a contact';
  static override description =
    `A contact that shows another key than before is refused, because it may be somebody else. Ask them on another way,
such as the telephone, which key they have, before you trust it. Sessions with the former key end.`;
  static override examples = [
    '<%= config.bin %> contacts trust ann',
    '<%= config.bin %> contacts trust ann --key "9f86 d081 884c 7d65"',
  ];
  static override args = { who: Args.string({ description: 'contact', required: true }) };
  static override flags = {
    key: Flags.string({ description: 'first 16 or more digits of the key, as they read it to you', helpValue: 'KEY' }),
  };

  async run() {
    const { args, flags } = await this.parse(ContactsTrust);
    const { withContact } = await import('../../src/cli/contacts/with-contact.js');
    const { trustKey } = await import('../../src/cli/contacts/trust-key.js');
    const trusted = await withContact(this.homeOf(flags), args.who, this.deps, async (found) => ({
      member: found.contact.member,
      ...(await trustKey(found, flags.key, this.deps)),
    }));
    this.print(`You trust the new key of ${trusted.member}`);
    this.note(`Next: qtchat chat --peer ${trusted.member}`);
    return trusted;
  }
}
