/** Commands that concern the one whom the chat is with. */
import { pickShownKey } from '../../conversation/contact-intents.js';
import { contactLines, contactToJson, describeShownKey, groupedKey } from '../text/describe-contact.js';
import type { ChatCommand } from './command.js';

/** Commands that concern the one whom the chat is with. */
export const peopleCommands: readonly ChatCommand[] = [
  {
    name: 'whois',
    usage: '[NAME]',
    summary: 'what is known of a contact: addresses, key, and keys that were refused',
    argument: 'member',
    async run({ conversation: { contacts }, print, member }, rest) {
      const contact = await contacts.named(rest === '' ? (member ?? '') : rest);
      for (const line of contactLines(contactToJson(contact, await contacts.shownKeys(contact)))) print(line);
    },
  },
  {
    name: 'verify',
    usage: '',
    summary: 'the keys of both sides, to compare by telephone or face to face',
    argument: 'none',
    needsMember: true,
    async run({ conversation, print }, _rest, member) {
      const { spkiSha256 } = await conversation.contacts.named(member);
      print(`Compare with ${member}, on the telephone or face to face; both must see the same two lines:`);
      const keys = [
        { name: conversation.self, key: conversation.ownKey },
        { name: member, key: spkiSha256 },
      ].sort((one, other) => (one.name < other.name ? -1 : 1));
      for (const { name, key } of keys) print(`  ${key === undefined ? 'no key yet' : groupedKey(key)}  ${name}`);
    },
  },
  {
    name: 'trust',
    usage: '[DIGITS]',
    summary: 'trust the changed key of the contact, after you have asked them on another way',
    argument: 'none',
    needsMember: true,
    async run({ conversation: { contacts }, confirm, print }, rest, member) {
      const contact = await contacts.named(member);
      const key = pickShownKey(member, await contacts.shownKeys(contact), rest === '' ? undefined : rest);
      const isSure =
        rest !== '' || (await confirm(`Does ${member} confirm, on another way, the key ${describeShownKey(key)}?`));
      if (!isSure) return print('nothing was changed');
      await contacts.trust(contact, key);
      print(`You trust the new key of ${member}`);
    },
  },
  {
    name: 'block',
    usage: '[NAME]',
    summary: 'hear nothing of a contact any more',
    argument: 'member',
    async run({ conversation: { contacts }, confirm, print, member = '' }, rest) {
      const contact = await contacts.named(rest === '' ? member : rest);
      if (!(await confirm(`Hear nothing of ${contact.member} any more?`))) return print('nothing was changed');
      const changed = await contacts.block(contact, true);
      print(
        changed
          ? `Blocked ${contact.member}; /unblock ${contact.member} lifts it`
          : `${contact.member} was blocked already`,
      );
    },
  },
  {
    name: 'unblock',
    usage: 'NAME',
    summary: 'lift that',
    argument: 'member',
    async run({ conversation: { contacts }, print, member = '' }, rest) {
      const contact = await contacts.named(rest === '' ? member : rest);
      const changed = await contacts.block(contact, false);
      print(changed ? `No longer blocked: ${contact.member}` : `${contact.member} was not blocked`);
    },
  },
];
