import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { parseDuration } from '../../src/cli/duration.js';
import { dnsFlag, ipFlag } from '../../src/cli/flags.js';

/** What `autoca invite --json` prints. */
interface InviteResult {
  /** The line for the guest. */
  readonly invite: string;
  readonly id: string;
  readonly member: string;
  readonly expiresAt: string;
  /** Where the guest will look for the Auto CA. */
  readonly addresses: readonly string[];
  readonly port: number;
}

export default class AutocaInvite extends BaseCommand {
  static override summary = 'invite someone: prints the one line they need for qtchat enroll';
  static override description =
    'The line serves once. Whoever has it can become NAME, so hand it over on a way you trust. Needs no CA password.';
  static override examples = [
    '<%= config.bin %> autoca invite bob',
    '<%= config.bin %> autoca invite carol --ip 192.168.1.101 --dns carol.example --expires 2h',
  ];
  static override args = { name: Args.string({ description: 'member name of the guest', required: true }) };
  static override flags = {
    ip: ipFlag,
    dns: dnsFlag,
    expires: Flags.string({ description: 'how long the invite serves', helpValue: '24h', default: '24h' }),
    days: Flags.integer({
      description: 'validity of the certificate in days, cut to 825',
      default: 365,
      min: 1,
      helpValue: 'DAYS',
    }),
    replace: Flags.boolean({ description: "end the name's other invites now, and its certificate on enrolment" }),
  };

  async run(): Promise<InviteResult> {
    const { args, flags } = await this.parse(AutocaInvite);
    const { deps } = this;
    const home = this.homeOf(flags);
    const { validityDaysCap } = await import('../../src/pki/profile.js');
    const { parseMemberName } = await import('../../src/pki/member-name.js');
    const { parseDnsName, parseIpAddress } = await import('../../src/pki/subject-alt-name.js');
    const { spkiDigest } = await import('../../src/pki/circle.js');
    const { rootCertificate } = await import('../../src/pki/issuer.js');
    const { loadCaChain } = await import('../../src/store/ca.js');
    const { openLedger } = await import('../../src/ledger/open.js');
    const { createInvite } = await import('../../src/ledger/invites.js');
    const { readAutoCaRecord } = await import('../../src/enroll/autoca-record.js');
    const { formatInvite, inviteIdSizeBytes, inviteKey, inviteSecretSizeBytes } = await import(
      '../../src/enroll/invite.js'
    );

    const member = parseMemberName(args.name);
    const names = [...(flags.ip ?? []).map(parseIpAddress), ...(flags.dns ?? []).map(parseDnsName)];
    const validityDays = Math.min(flags.days, validityDaysCap);
    if (validityDays < flags.days) this.note(`Cut to ${validityDays} days, the longest that other systems accept`);
    const expiresAt = new Date(deps.clock().getTime() + parseDuration(flags.expires));
    const root = rootCertificate({ chain: await loadCaChain(home) });
    const { addresses, port, hasRun } = await readAutoCaRecord(home);
    const id = deps.random(inviteIdSizeBytes).toString('hex');
    const secret = deps.random(inviteSecretSizeBytes);
    const invite = formatInvite({ id, secret, rootSpkiSha256: spkiDigest(root), port, addresses });

    const ledger = await openLedger(home);
    try {
      const psk = inviteKey({ id, secret });
      await createInvite(ledger, { id, member, names, psk, validityDays, expiresAt, replace: flags.replace }, deps);
    } finally {
      await ledger.destroy();
    }
    this.print(invite);
    this.note(`For ${member}, once, until ${minuteOf(expiresAt)}; it leads to ${addresses.join(', ')} port ${port}`);
    this.note(`${member} joins with: qtchat enroll   (and pastes the line)`);
    if (!hasRun) this.note('Next: qtchat autoca serve   (it has not run here yet, so the addresses are a guess)');
    return { invite, id, member, expiresAt: expiresAt.toISOString(), addresses, port };
  }
}

/** To the minute, in UTC, such as `2027-11-23 09:05 UTC`. */
function minuteOf(moment: Date): string {
  return `${moment.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
