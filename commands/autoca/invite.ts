import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { parseDuration } from '../../src/cli/duration.js';
import { dnsFlag, ipFlag } from '../../src/cli/flags.js';

/** What `autoca invite --json` prints. */
interface InviteResult {
  /** The line for the guest. */
  readonly invite?: string;
  /** With --link: where the guest fetches the file. */
  readonly link?: string;
  /** With --link: the same by every address of the Auto CA. */
  readonly links?: readonly string[];
  /** With --link: what opens the file. */
  readonly password?: string;
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
    `The line serves once. Whoever has it can become NAME, so hand it over on a way you trust. Needs no CA password.
With --link it is an address for a browser, and a password: hand them over on two ways.`;
  static override examples = [
    '<%= config.bin %> autoca invite bob',
    '<%= config.bin %> autoca invite carol --ip 192.168.1.101 --dns carol.example --expires 2h',
    { description: 'For a phone, a browser, another program', command: '<%= config.bin %> autoca invite erin --link' },
  ];
  static override args = { name: Args.string({ description: 'member name of the guest', required: true }) };
  static override flags = {
    ip: ipFlag,
    dns: dnsFlag,
    link: Flags.boolean({ description: 'an address at which any program fetches a .pfx, and its password' }),
    legacy: Flags.boolean({
      description: 'encrypt that .pfx with 3DES and SHA-1, for programs that read nothing newer',
      dependsOn: ['link'],
    }),
    qr: Flags.boolean({ description: 'show the QR code even where stderr is no terminal' }),
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
    const { makeInvite, makeLink } = await import('../../src/cli/autoca/make-invite.js');

    const member = parseMemberName(args.name);
    const names = [...(flags.ip ?? []).map(parseIpAddress), ...(flags.dns ?? []).map(parseDnsName)];
    const validityDays = Math.min(flags.days, validityDaysCap);
    if (validityDays < flags.days) this.note(`Cut to ${validityDays} days, the longest that other systems accept`);
    const expiresAt = new Date(deps.clock().getTime() + parseDuration(flags.expires));
    const request = { member, names, validityDays, expiresAt, replace: flags.replace };
    const common = { member, expiresAt: expiresAt.toISOString() };

    if (flags.link) {
      const { hasRun, circleUri, ...made } = await makeLink(home, request, flags.legacy, deps);
      const [link = ''] = made.links;
      this.print(link);
      this.print(`Password: ${made.password}`);
      await this.#showQrCode(link, flags.qr);
      this.note(`For ${member}, until ${minuteOf(expiresAt)}: the link opens in any browser that reaches this machine`);
      for (const other of made.links.slice(1)) this.note(`Also as ${other}`);
      this.note('Hand the password over on another way; it is for the window that imports the file, never for a page');
      this.note(`Imported, the certificate must say ${circleUri}`);
      this.#noteNext(hasRun);
      return { link, ...common, ...made };
    }
    const { hasRun, ...made } = await makeInvite(home, request, deps);
    this.print(made.invite);
    await this.#showQrCode(made.invite, flags.qr);
    const where = `${made.addresses.join(', ')} port ${made.port}`;
    this.note(`For ${member}, once, until ${minuteOf(expiresAt)}; it leads to ${where}`);
    this.note(`${member} joins with: qtchat enroll   (and pastes the line)`);
    this.#noteNext(hasRun);
    return { ...common, ...made };
  }

  async #showQrCode(text: string, force: boolean): Promise<void> {
    if (this.jsonEnabled()) return;
    const { showQrCode } = await import('../../src/cli/qr-code.js');
    await showQrCode(text, this.deps, force);
  }

  #noteNext(hasRun: boolean): void {
    if (!hasRun) this.note('Next: qtchat autoca serve   (it has not run here yet, so the addresses are a guess)');
  }
}

/** To the minute, in UTC, such as `2027-11-23 09:05 UTC`. */
function minuteOf(moment: Date): string {
  return `${moment.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
