import { BaseCommand } from '../../src/cli/base-command.js';

/** One identity of a home, as `identity list --json` prints it. */
interface ListedIdentity {
  readonly member: string;
  readonly circleId: string;
  readonly notAfter: string;
  readonly keyOrigin: 'local' | 'server';
  /** Whether its key opens only with a password. */
  readonly hasPassword: boolean;
  /** Whether the home speaks as this one. */
  readonly speaks: boolean;
}

export default class IdentityList extends BaseCommand {
  static override summary = 'list the identities of this home';
  static override examples = ['<%= config.bin %> identity list', '<%= config.bin %> identity list --json'];

  async run(): Promise<{ identities: ListedIdentity[] }> {
    const { flags } = await this.parse(IdentityList);
    const home = this.homeOf(flags);
    const { currentMember } = await import('../../src/store/home.js');
    const { listIdentities, loadPublicIdentity } = await import('../../src/store/identities.js');
    const { dayOf } = await import('../../src/pki/day.js');

    const current = await currentMember(home);
    const identities: ListedIdentity[] = [];
    for (const name of await listIdentities(home)) {
      const { member, circleId, chain, keyOrigin, hasPassword } = await loadPublicIdentity(home, name);
      const notAfter = new Date(chain[0]?.validTo ?? '').toISOString();
      identities.push({ member, circleId, notAfter, keyOrigin, hasPassword, speaks: member === current });
    }
    for (const { member, circleId, notAfter, hasPassword, speaks } of identities) {
      const password = hasPassword ? ', with a password' : '';
      this.print(`${speaks ? '*' : ' '} ${member} of circle ${circleId}, until ${dayOf(notAfter)}${password}`);
    }
    if (identities.length === 0) this.note('None yet. Next: qtchat enroll');
    return { identities };
  }
}
