import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.js';
import type { GainedIdentity } from '../src/cli/describe-identity.js';

/** What `enroll --json` prints. */
interface EnrollResult extends GainedIdentity {
  /** The first contact. */
  readonly host: { member: string; addresses: { host: string; port: number }[] } | null;
}

export default class Enroll extends BaseCommand {
  static override summary = 'join a circle with the invite its host gave you';
  static override description =
    'Three ways lead in: an invite line; a short code that the host reads out (--code); or, with nothing but the address of the host (--server), its approval: both of you compare four words.';
  static override examples = [
    { description: 'Paste the invite when asked', command: '<%= config.bin %> enroll' },
    { description: 'Read it from standard input', command: 'cat invite.txt | <%= config.bin %> enroll -' },
    {
      description: 'Type a code that the host reads out',
      command: '<%= config.bin %> enroll --code --server 192.168.1.100',
    },
    { description: 'Ask the host to let you in', command: '<%= config.bin %> enroll --server 192.168.1.100' },
  ];
  static override args = {
    invite: Args.string({
      description: 'the line that begins with qtchat1-; - reads it, or a code, from standard input',
    }),
  };
  static override flags = {
    code: Flags.boolean({ description: 'join with a code of eight digits, which is asked for' }),
    server: Flags.string({
      description: 'where the Auto CA of the host is; alone: ask for its approval',
      helpValue: 'HOST[:PORT]',
    }),
    'words-file': Flags.string({
      description: 'with --server alone: file whose first line is the words that the host sees (- for standard input)',
      helpValue: 'FILE',
    }),
    'local-key': Flags.boolean({ description: 'make the key here, so that the host never sees it' }),
    'keep-server-key': Flags.boolean({
      description: 'keep the key that the host made, instead of replacing it at once by one made here',
    }),
    force: Flags.boolean({ description: 'replace an identity of the same name' }),
  };

  async run(): Promise<EnrollResult> {
    const { args, flags } = await this.parse(Enroll);
    const { deps } = this;
    const home = this.homeOf(flags);
    const { chooseWay } = await import('../src/cli/enroll/choose-way.js');
    const { BusySign } = await import('../src/cli/busy.js');
    const { join } = await import('../src/cli/enroll/join.js');
    const joining = { ...deps, busy: new BusySign(deps) };
    const way = await chooseWay({ ...flags, invite: args.invite }, joining);
    const { 'local-key': localKey, 'keep-server-key': keepServerKey, force } = flags;
    const { gained, host, line, notes } = await join(home, way, { localKey, keepServerKey, force }, joining);
    this.print(line);
    for (const note of notes) this.note(note);
    return { ...gained, host: host === undefined ? null : { member: host.member, addresses: host.addresses } };
  }
}
