/** The first invite of a home that hosts; later ones are made by `autoca invite`. */
import { isQTChatError, QTChatError } from '../../errors.js';
import { listInvites } from '../../ledger/invites.js';
import { listMembers } from '../../ledger/members.js';
import { openLedger } from '../../ledger/open.js';
import { autoCaName } from '../../pki/circle.js';
import { dayMs } from '../../pki/day.js';
import { parseMemberName } from '../../pki/member-name.js';
import { currentMember, type Home } from '../../store/home.js';
import { makeInvite } from '../autoca/make-invite.js';
import type { Deps } from '../deps.js';
import { askText } from '../prompt.js';
import { showQrCode } from '../qr-code.js';

const validityDays = 365;

/** Whom the host tells what. */
export interface HostInviteOptions {
  /** Whom to invite; asked for when undefined and nobody was invited yet. */
  readonly name: string | undefined;
  /** Gets the line for the guest. */
  readonly print: (line: string) => void;
  readonly say: (line: string) => void;
}

/**
 * Makes an invite, unless others are in the circle or invited already and no name was given.
 *
 * @returns whether there is one now
 * @throws {QTChatError} what `parseMemberName`, `makeInvite` and `askText` throw
 */
export async function hostInvite(home: Home, { name, print, say }: HostInviteOptions, deps: Deps): Promise<boolean> {
  const member = name ?? ((await isAlone(home, deps)) ? await askWhom(deps, say) : undefined);
  if (member === undefined) {
    say('To invite somebody, in another terminal: qtchat autoca invite NAME');
    return false;
  }
  const expiresAt = new Date(deps.clock().getTime() + dayMs);
  try {
    const { invite } = await makeInvite(home, { member, names: [], validityDays, expiresAt }, deps);
    // The code is higher than many a terminal, and the line is to stay in sight.
    await showQrCode(invite, deps);
    say(`${member} joins with: qtchat enroll   (and pastes this line, which serves once, for 24 hours)`);
    print(invite);
    return true;
  } catch (error) {
    if (!isQTChatError(error, 'ERR_LEDGER_NAME_TAKEN')) throw error;
    say(`${member} has joined, or is invited, already; for a new line: qtchat autoca invite ${member} --replace`);
    return false;
  }
}

async function isAlone(home: Home, deps: Pick<Deps, 'clock'>): Promise<boolean> {
  const self = await currentMember(home);
  const ledger = await openLedger(home);
  try {
    const now = deps.clock();
    const members = await listMembers(ledger, now);
    const open = (await listInvites(ledger)).filter(({ state, expiresAt }) => state === 'open' && expiresAt > now);
    return open.length === 0 && members.every((member) => [self, autoCaName].includes(member.name));
  } finally {
    await ledger.destroy();
  }
}

async function askWhom(deps: Deps, say: (line: string) => void): Promise<string | undefined> {
  for (;;) {
    const answer = (
      await askText('Whom do you invite first? A short name, such as bob; Enter for nobody', deps)
    ).trim();
    if (answer === '') return undefined;
    try {
      return parseMemberName(answer);
    } catch (error) {
      if (!(error instanceof QTChatError)) throw error;
      say(`${error.message}. ${error.hint ?? 'Once more'}`);
    }
  }
}
