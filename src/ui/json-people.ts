/** Commands of programs that concern whom we know. */
import type { X509Certificate } from 'node:crypto';
import * as v from 'valibot';
import { pickShownKey } from '../conversation/contact-intents.js';
import type { Conversation } from '../conversation/conversation.js';
import { contactsToJson } from './json-contacts.js';
import { type CommandOf, refSchema as ref } from './read-command.js';
import { contactToJson } from './text/describe-contact.js';

const common = { ref, member: v.optional(v.string()) };

/** Every command and its fields. */
export const peopleSchemas = {
  contacts: v.strictObject({ command: v.literal('contacts'), ref }),
  dial: v.strictObject({ command: v.literal('dial'), ...common }),
  whois: v.strictObject({ command: v.literal('whois'), ...common }),
  rename: v.strictObject({ command: v.literal('rename'), ...common, name: v.string() }),
  trust: v.strictObject({ command: v.literal('trust'), ...common, key: v.optional(v.string()) }),
  block: v.strictObject({ command: v.literal('block'), ...common }),
  unblock: v.strictObject({ command: v.literal('unblock'), ...common }),
  forget: v.strictObject({ command: v.literal('forget'), ...common }),
} as const;

/** One of them. */
export type PeopleCommand = CommandOf<typeof peopleSchemas>;

/** Whether a command is one of them. */
export function isPeopleCommand(command: { readonly command: string }): command is PeopleCommand {
  return Object.hasOwn(peopleSchemas, command.command);
}

/**
 * Carries one out.
 *
 * @param member - whom it concerns
 * @returns the fields of the answer
 * @throws {QTChatError} what the conversation throws
 */
export async function runPeopleCommand(
  command: PeopleCommand,
  conversation: Conversation,
  member: string,
): Promise<object> {
  const { contacts } = conversation;
  switch (command.command) {
    case 'contacts':
      return { contacts: await contactsToJson(conversation) };
    case 'dial':
      await conversation.dial(member);
      return { member };
    case 'whois':
      return whois(conversation, member);
    case 'rename':
      // No name at all is the member's own again.
      await contacts.rename(await contacts.named(member), command.name === '' ? member : command.name);
      return { member };
    case 'trust': {
      const contact = await contacts.named(member);
      const key = pickShownKey(member, await contacts.shownKeys(contact), command.key);
      return { member, former: await contacts.trust(contact, key), spkiSha256: key.spkiSha256 };
    }
    case 'block':
    case 'unblock':
      return { member, isChanged: await contacts.block(await contacts.named(member), command.command === 'block') };
    case 'forget':
      return { member, ...(await contacts.forget(await contacts.named(member))) };
  }
}

async function whois(conversation: Conversation, who: string): Promise<object> {
  const { contacts, ownKey = null } = conversation;
  const contact = await contacts.named(who);
  const { nick, ...known } = contactToJson(contact, await contacts.shownKeys(contact));
  const { security = null, keyAgreement, keyOrigin = null, certificate } = conversation.connectionOf(who) ?? {};
  return {
    ...known,
    name: nick,
    ownKey,
    isHere: conversation.isHere(who),
    security,
    postQuantum: keyAgreement?.postQuantum ?? null,
    keyOrigin,
    certificate: certificate === undefined ? null : certificateToJson(certificate),
  };
}

function certificateToJson({ subject, issuer, serialNumber, validFrom, validTo }: X509Certificate): object {
  return {
    subject: oneLine(subject),
    issuer: oneLine(issuer),
    serialNumber,
    notBefore: new Date(validFrom).toISOString(),
    notAfter: new Date(validTo).toISOString(),
  };
}

/** Node writes a part of a name a line. */
function oneLine(name: string | undefined): string {
  return (name ?? '').split('\n').join(', ');
}
