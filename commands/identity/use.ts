import { Args } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';

export default class IdentityUse extends BaseCommand {
  static override summary = 'choose as whom this home speaks';
  static override examples = ['<%= config.bin %> identity use', '<%= config.bin %> identity use alice'];
  static override args = {
    name: Args.string({ description: 'member name of an identity here (at a terminal: asked for)' }),
  };

  async run(): Promise<{ member: string; circleId: string }> {
    const { args, flags } = await this.parse(IdentityUse);
    const home = this.homeOf(flags);
    const { speakAs } = await import('../../src/store/home.js');
    const { loadPublicIdentity } = await import('../../src/store/identities.js');
    const { identityName } = await import('../../src/cli/identity/choose-identity.js');

    const wanted = {
      argument: 'NAME (member name of an identity here)',
      command: 'identity use',
      question: 'As whom do you want to speak?',
    };
    const name = await identityName(home, args.name, wanted, this.deps);
    const { member, circleId } = await loadPublicIdentity(home, name);
    await speakAs(home, member);
    this.print(`You are now ${member} of circle ${circleId}`);
    return { member, circleId };
  }
}
