import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { identityPasswordFileFlag, serverFlag } from '../../src/cli/flags.js';
import { dayOf } from '../../src/pki/day.js';

export default class IdentityRenew extends BaseCommand {
  static override summary = 'get the next certificate of an identity from the Auto CA that issued it';
  static override description =
    `The one you have is your right to it, so no invite is needed; chat does this by itself at two thirds of its life.
A key that the host made is replaced by one made here. Once expired, the host must allow it first.`;
  static override examples = ['<%= config.bin %> identity renew'];
  static override args = { name: Args.string({ description: 'member name (default: as whom this home speaks)' }) };
  static override flags = {
    'new-key': Flags.boolean({
      description: 'make a new key too; contacts accept it, because the old one signs for it',
    }),
    server: serverFlag,
    'identity-password-file': identityPasswordFileFlag,
  };

  async run() {
    const { args, flags } = await this.parse(IdentityRenew);
    const { renewOwn } = await import('../../src/cli/identity/own-identity.js');
    const { whileBusy } = await import('../../src/cli/busy.js');
    const { deps } = this;
    const home = this.homeOf(flags);
    const { identityOpener } = await import('../../src/cli/identity/open-identity.js');
    const identity = await identityOpener(home, { file: flags['identity-password-file'] }, deps)(args.name);
    const request = { identity, server: flags.server, newKey: flags['new-key'] };
    const renewing = () => renewOwn(home, request, deps);
    const { member, circleId, chain, keyOrigin } = await whileBusy('Asking the Auto CA', deps, renewing);
    const [leaf] = chain;
    const notAfter = new Date(leaf?.validTo ?? '').toISOString();
    this.print(`Renewed ${member} of circle ${circleId}, until ${dayOf(notAfter)}`);
    return { member, circleId, serialNumber: leaf?.serialNumber ?? '', notAfter, keyOrigin };
  }
}
