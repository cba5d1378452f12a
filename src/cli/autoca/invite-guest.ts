/** `autoca invite`: makes what a guest needs, in the way that was asked for, and says what the host does with it. */
import { serverAsTyped } from '../../enroll/autoca-record.js';
import { minuteOf } from '../../pki/day.js';
import type { Home } from '../../store/home.js';
import type { Deps } from '../deps.js';
import { makeCredentials } from './make-credentials.js';
import { type InviteRequest, makeCode, makeInvite, makeLink } from './make-invite.js';

/** How the guest comes in. */
export type InviteWay = 'line' | 'code' | 'link' | 'est';

/** What `autoca invite --json` prints. */
export interface InviteResult {
  /** The line for the guest; with --code, the eight digits. */
  readonly invite?: string;
  /** With --link: where the guest fetches the file. */
  readonly link?: string;
  /** With --link: the same by every address of the Auto CA. */
  readonly links?: readonly string[];
  /** With --link: what opens the file. With --est: what the client proves itself by, once. */
  readonly password?: string;
  /** With --est: the user name that goes with the password. */
  readonly username?: string;
  /** With --est: where the client asks. */
  readonly url?: string;
  readonly id: string;
  readonly member: string;
  readonly expiresAt: string;
  /** Where the guest will look for the Auto CA. */
  readonly addresses: readonly string[];
  readonly port: number;
}

/** An invite that was made, with what people are to see of it. */
export interface Invitation {
  readonly result: InviteResult;
  /** What goes to the guest, line by line. */
  readonly handed: readonly string[];
  /** What of it a camera may read. */
  readonly qrText?: string;
  /** What the host should know. */
  readonly notes: readonly string[];
}

/**
 * Makes an invite.
 *
 * @param legacy - with a link: its file is for programs that read nothing newer than 3DES
 * @throws {QTChatError} `ERR_STORE_NO_CA`, `ERR_LEDGER_NAME_TAKEN`, `ERR_LEDGER_BUSY` when all codes are in use
 */
export async function inviteGuest(
  home: Home,
  request: InviteRequest,
  { way, legacy }: { readonly way: InviteWay; readonly legacy: boolean },
  deps: Pick<Deps, 'clock' | 'random'>,
): Promise<Invitation> {
  const { member, expiresAt } = request;
  const common = { member, expiresAt: expiresAt.toISOString() };
  const until = minuteOf(expiresAt);
  if (way === 'est') {
    const { hasRun, ...made } = await makeCredentials(home, request, deps);
    const notes = [
      `For ${member}, once, until ${until}: the user name, and behind the colon the password`,
      `The client asks at ${made.url}   (docs/EST.md shows it with curl and openssl)`,
    ];
    const handed = [`${made.username}:${made.password}`];
    return { result: { ...common, ...made }, handed, notes: [...notes, ...nextNotes(hasRun)] };
  }
  if (way === 'link') {
    const { hasRun, circleUri, ...made } = await makeLink(home, request, legacy, deps);
    const [link = '', ...others] = made.links;
    const notes = [
      `For ${member}, until ${until}: the link opens in any browser that reaches this machine`,
      ...others.map((other) => `Also as ${other}`),
      'Hand the password over on another way; it is for the window that imports the file, never for a page',
      `Imported, the certificate must say ${circleUri}`,
      ...nextNotes(hasRun),
    ];
    return { result: { link, ...common, ...made }, handed: [link, `Password: ${made.password}`], qrText: link, notes };
  }
  const { hasRun, ...made } = await (way === 'code' ? makeCode : makeInvite)(home, request, deps);
  const how =
    way === 'code' ? ` --code --server ${serverAsTyped(made)}   (and types the code)` : '   (and pastes the line)';
  const notes = [
    `For ${member}, once, until ${until}; it leads to ${made.addresses.join(', ')} port ${made.port}`,
    `${member} joins with: qtchat enroll${how}`,
    ...nextNotes(hasRun),
  ];
  const qr = way === 'line' ? { qrText: made.invite } : {};
  return { result: { ...common, ...made }, handed: [made.invite], ...qr, notes };
}

function nextNotes(hasRun: boolean): string[] {
  return hasRun ? [] : ['Next: qtchat autoca serve   (it has not run here yet, so the addresses are a guess)'];
}
