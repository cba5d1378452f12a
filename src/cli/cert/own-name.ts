/** How the user of a home is called when nobody says it. */
import { QTChatError, quote } from '../../errors.js';
import { memberNameFrom } from '../../pki/member-name.js';
import { currentMember, type Home } from '../../store/home.js';

/**
 * The name of the user of this home: what `commonName` becomes, or else the member as whom the home speaks, or
 * else what the login name becomes.
 *
 * @param instead - the command that takes a name, for the hint
 * @throws {QTChatError} `ERR_PKI_NAME_INVALID` when no name can be made of it
 */
export async function ownMemberName(
  home: Home,
  commonName: string | undefined,
  loginName: string,
  instead: string,
): Promise<string> {
  if (commonName !== undefined) return memberNameOf(commonName, 'the common name', instead);
  return (await currentMember(home)) ?? memberNameOf(loginName, 'your login name', instead);
}

/**
 * The member name that is nearest to a text.
 *
 * @param origin - what the text is, for the message
 * @throws {QTChatError} `ERR_PKI_NAME_INVALID`
 */
export function memberNameOf(text: string, origin: string, instead: string): string {
  const name = memberNameFrom(text);
  if (name !== undefined) return name;
  throw new QTChatError('ERR_PKI_NAME_INVALID', `no member name can be made of ${origin} ${quote(text)}`, {
    hint: `Choose one: ${instead}`,
  });
}
