import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.js';
import type { GainedIdentity } from '../src/cli/describe-identity.js';
import { QTChatError } from '../src/errors.js';

/** What `enroll --json` prints. */
interface EnrollResult extends GainedIdentity {
  /** The first contact. */
  readonly host: { member: string; addresses: { host: string; port: number }[] } | null;
}

export default class Enroll extends BaseCommand {
  static override summary = 'join a circle with the invite its host gave you';
  static override examples = [
    { description: 'Paste the invite when asked', command: '<%= config.bin %> enroll' },
    { description: 'Read it from standard input', command: 'cat invite.txt | <%= config.bin %> enroll -' },
  ];
  static override args = {
    invite: Args.string({ description: 'the line that begins with qtchat1-; - reads standard input' }),
  };
  static override flags = {
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
    const { parseInvite } = await import('../src/enroll/invite.js');
    const invite = parseInvite(await this.#inviteText(args.invite));

    const { byInvite } = await import('../src/enroll/by-invite.js');
    const { enroll } = await import('../src/enroll/client.js');
    const { gainedIdentity, gainedWords } = await import('../src/cli/describe-identity.js');
    const { saveEnrolled } = await import('../src/enroll/save-enrolled.js');
    const { refuseExistingIdentity } = await import('../src/store/identities.js');
    let speaks = false;
    const { host, ...enrolled } = await enroll(byInvite(invite), {
      localKey: flags['local-key'],
      check: async ({ member }) => {
        if (!flags.force) await refuseExistingIdentity(home, member);
      },
      save: async ({ identity, host }) => {
        const kept = flags['keep-server-key'] ? { ...identity, keepsServerKey: true } : identity;
        const saved = { identity: kept, ...(host !== undefined && { host }) };
        speaks = await saveEnrolled(home, saved, { replace: flags.force, deps });
      },
      deps,
      signal: deps.signal,
    });

    const { settleIn } = await import('../src/enroll/settle-in.js');
    const keepsServerKey = flags['keep-server-key'];
    const { identity, trouble } = await settleIn(home, { ...enrolled.identity, keepsServerKey }, deps);
    const gained = gainedIdentity(identity, speaks);
    const { line, notes } = gainedWords(gained, host?.member);
    this.print(line);
    if (trouble !== undefined)
      this.note(`The host's key could not be replaced yet: ${trouble.message}; chat tries again`);
    if (identity.keyOrigin === 'server') this.note('The host made your key and has seen it; --local-key avoids that');
    for (const note of notes) this.note(note);
    return { ...gained, host: host === undefined ? null : { member: host.member, addresses: host.addresses } };
  }

  async #inviteText(given: string | undefined): Promise<string> {
    if (given !== undefined && given !== '-') return given;
    const { askSecret, canPrompt } = await import('../src/cli/prompt.js');
    if (given === undefined && canPrompt(this.deps)) return askSecret('Paste the invite (qtchat1-…)', this.deps);
    if (given === undefined) {
      throw new QTChatError('ERR_USAGE', 'no invite was given, and there is no terminal to ask', {
        hint: 'Name it as the argument, or - to read it from standard input',
      });
    }
    const { readBoundedInput } = await import('../src/cli/input.js');
    return readBoundedInput(this.deps, 'end');
  }
}
