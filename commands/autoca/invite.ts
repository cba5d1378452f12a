import { Args, Flags } from '@oclif/core';
import { guestFlags } from '../../src/cli/autoca/guest-flags.js';
import type { InviteResult } from '../../src/cli/autoca/invite-guest.js';
import { BaseCommand } from '../../src/cli/base-command.js';

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
    const { readGuestTerms } = await import('../../src/cli/autoca/guest-terms.js');
    const { expiryOf } = await import('../../src/cli/autoca/invite-expiry.js');
    const { inviteGuest } = await import('../../src/cli/autoca/invite-guest.js');
    const { warning, ...terms } = readGuestTerms(args.name, flags);
    if (warning !== undefined) this.note(warning);
    const request = { ...terms, expiresAt: expiryOf(flags.expires, flags.code, deps.clock()) };
    const way = flags.est ? 'est' : flags.link ? 'link' : flags.code ? 'code' : 'line';
    const invitation = await inviteGuest(this.homeOf(flags), request, { way, legacy: flags.legacy }, deps);
    // The code is higher than many a terminal, and the line is to stay in sight.
    if (invitation.qrText !== undefined && !this.jsonEnabled()) {
      const { showQrCode } = await import('../../src/cli/qr-code.js');
      await showQrCode(invitation.qrText, deps, flags.qr);
    }
    for (const line of invitation.handed) this.print(line);
    for (const line of invitation.notes) this.note(line);
    return invitation.result;
  }
}
