import { BaseCommand } from '../src/cli/base-command.js';
import { listWords } from '../src/cli/identity/list-words.js';
import type { Status } from '../src/cli/status.js';
import { dayOf } from '../src/pki/day.js';

export default class StatusCommand extends BaseCommand {
  static override summary = 'show who I am here, what runs, and the next sensible command';
  static override examples = ['<%= config.bin %>', '<%= config.bin %> status --json'];

  async run(): Promise<Status> {
    const { flags } = await this.parse(StatusCommand);
    const { gatherStatus } = await import('../src/cli/status.js');
    const status = await gatherStatus(this.homeOf(flags), this.deps);
    const { identity, ca, contacts, running } = status;
    const revoked = describeRevoked(status);

    this.print(`Home      ${status.home}`);
    this.print(`You       ${identity === null ? 'nobody yet' : describeIdentity(identity)}`);
    if (revoked !== undefined) this.print(`Revoked   ${revoked}`);
    if (ca !== null) this.print(`Circle    you are its CA: ${ca.circleId}, until ${dayOf(ca.notAfter)}`);
    if (contacts.length > 0) this.print(`Contacts  ${contacts.join(', ')}`);
    const services = running.map(({ service, port, pid }) => `${service} on port ${port} (process ${pid})`);
    this.print(`Running   ${services.length === 0 ? 'nothing' : services.join(', ')}`);
    this.print('');
    this.print(`Next: ${status.next}   ${status.nextReason}`);
    return status;
  }
}

/** The CA's own home knows without a list; its members have only that. */
function describeRevoked({ identity, ca, revocationList }: Status): string | undefined {
  if (revocationList === null) return undefined;
  if (ca === null || ca.revoked === null || ca.circleId !== identity?.circleId) return listWords(revocationList);
  const count = ca.revoked === 0 ? 'nothing' : `${ca.revoked} certificate${ca.revoked === 1 ? '' : 's'}`;
  const next = 'qtchat autoca serve makes one, or qtchat ca crl';
  const hints = {
    none: `; no list tells members of it yet: ${next}`,
    stale: `; the list that tells members has ended: ${next}`,
    fresh: '',
  };
  return `${count}, by the ledger here${hints[revocationList.freshness]}`;
}

function describeIdentity(identity: NonNullable<Status['identity']>): string {
  const until = identity.expired ? `expired on ${dayOf(identity.notAfter)}` : `until ${dayOf(identity.notAfter)}`;
  const origin = identity.keyOrigin === 'server' ? '; key made by the host' : '';
  const password = identity.hasPassword ? '; key with a password' : '';
  return `${identity.member} of circle ${identity.circleId}, ${until}${origin}${password}`;
}
