import { Args, Flags } from '@oclif/core';
import { guestFlags } from '../../src/cli/autoca/guest-flags.js';
import { BaseCommand } from '../../src/cli/base-command.js';
import { minuteOf } from '../../src/pki/day.js';

/** What `autoca invite --json` prints. */
interface InviteResult {
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

export default class AutocaInvite extends BaseCommand {
  static override summary = 'invite someone: prints the one line they need for qtchat enroll';
  static override description =
    `The line serves once. Whoever has it can become NAME, so hand it over on a way you trust. Needs no CA password.
With --link it is an address for a browser, and a password: hand them over on two ways.
With --code it is short enough to be read out; it serves for ten minutes and three attempts.
With --est it is a user name and a password, with a colon between, for a device or a program that speaks EST (RFC 7030).`;
  static override examples = [
    '<%= config.bin %> autoca invite bob',
    '<%= config.bin %> autoca invite carol --ip 192.168.1.101 --dns carol.example --expires 2h',
    {
      description: 'To be read out, over a telephone for example',
      command: '<%= config.bin %> autoca invite dave --code',
    },
    { description: 'For a phone, a browser, another program', command: '<%= config.bin %> autoca invite erin --link' },
    { description: 'For a device that speaks EST', command: '<%= config.bin %> autoca invite printer --est' },
  ];
  static override args = { name: Args.string({ description: 'member name of the guest', required: true }) };
  static override flags = {
    ...guestFlags,
    est: Flags.boolean({
      description: 'a user name and a one-time password for a client of EST',
      exclusive: ['code', 'link', 'qr'],
    }),
    code: Flags.boolean({ description: 'a code of eight digits instead of a line', exclusive: ['link', 'qr'] }),
    link: Flags.boolean({ description: 'an address at which any program fetches a .pfx, and its password' }),
    legacy: Flags.boolean({
      description: 'encrypt that .pfx with 3DES and SHA-1, for programs that read nothing newer',
      dependsOn: ['link'],
    }),
    qr: Flags.boolean({ description: 'show the QR code even where stderr is no terminal' }),
    expires: Flags.string({ description: 'how long it serves (default 24h, a code 10m)', helpValue: '24h' }),
  };

  async run(): Promise<InviteResult> {
    const { args, flags } = await this.parse(AutocaInvite);
    const { deps } = this;
    const home = this.homeOf(flags);
    const { readGuestTerms } = await import('../../src/cli/autoca/guest-terms.js');
    const { expiryOf } = await import('../../src/cli/autoca/invite-expiry.js');
    const { makeCode, makeInvite, makeLink } = await import('../../src/cli/autoca/make-invite.js');

    const { warning, ...terms } = readGuestTerms(args.name, flags);
    if (warning !== undefined) this.note(warning);
    const expiresAt = expiryOf(flags.expires, flags.code, deps.clock());
    const request = { ...terms, expiresAt };
    const { member } = terms;
    const common = { member, expiresAt: expiresAt.toISOString() };

    if (flags.est) {
      const { makeCredentials } = await import('../../src/cli/autoca/make-credentials.js');
      const { hasRun, ...made } = await makeCredentials(home, request, deps);
      this.print(`${made.username}:${made.password}`);
      this.note(`For ${member}, once, until ${minuteOf(expiresAt)}: the user name, and behind the colon the password`);
      this.note(`The client asks at ${made.url}   (docs/EST.md shows it with curl and openssl)`);
      this.#noteNext(hasRun);
      return { ...common, ...made };
    }
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
    const { hasRun, ...made } = await (flags.code ? makeCode : makeInvite)(home, request, deps);
    this.print(made.invite);
    if (!flags.code) await this.#showQrCode(made.invite, flags.qr);
    const where = `${made.addresses.join(', ')} port ${made.port}`;
    this.note(`For ${member}, once, until ${minuteOf(expiresAt)}; it leads to ${where}`);
    const { serverAsTyped } = await import('../../src/enroll/autoca-record.js');
    const how = flags.code
      ? ` --code --server ${serverAsTyped(made)}   (and types the code)`
      : '   (and pastes the line)';
    this.note(`${member} joins with: qtchat enroll${how}`);
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
