import { Flags } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.js';
import {
  announceSelfFlag,
  identityPasswordFileFlag,
  jsonLinesFlag,
  listenFlag,
  microphoneFlag,
  quotaFlag,
  requireFreshCrlFlag,
  requirePqFlag,
  speakerFlag,
  timeoutRange,
} from '../src/cli/flags.js';

export default class Chat extends BaseCommand {
  static override summary = 'talk to members of the circle, end-to-end encrypted';
  static override description =
    `Always listens, and keeps dialling --peer until it is here; either side may start first.
What you type goes to the one whose conversation is shown. In the chat, /help lists the commands, and Ctrl-C twice leaves; docs/USING.md goes through all of it.
Without a terminal it sends the lines of standard input and ends when all is delivered; with --json these are commands, see docs/JSONL.md.`;
  static override examples = [
    '<%= config.bin %> chat',
    '<%= config.bin %> chat --peer alice',
    '<%= config.bin %> chat --peer 192.168.1.100',
    '<%= config.bin %> chat --peer alice --plain',
    '<%= config.bin %> chat --web',
  ];
  static override enableJsonFlag = false;
  static override flags = {
    peer: Flags.string({
      description: 'member, or address[:port], to keep dialling (repeatable; the first one is shown)',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'WHO',
    }),
    plain: Flags.boolean({ description: 'lines instead of a screen, also for screen readers' }),
    web: Flags.boolean({
      description: 'open the chat as a window in the browser too; without a terminal, until it is ended',
    }),
    'no-open': Flags.boolean({
      description: 'with --web: only print the link to the window',
      dependsOn: ['web'],
    }),
    listen: listenFlag,
    announce: announceSelfFlag,
    quota: quotaFlag,
    input: microphoneFlag,
    output: speakerFlag,
    timeout: Flags.integer({ description: 'without a terminal: seconds the peer may be away', ...timeoutRange }),
    'identity-password-file': identityPasswordFileFlag,
    'require-fresh-crl': requireFreshCrlFlag,
    'require-pq': requirePqFlag,
    json: jsonLinesFlag,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Chat);
    const { talk } = await import('../src/cli/chat/talk.js');
    const { joinThere } = await import('../src/cli/chat/join-there.js');
    const { identityOpener } = await import('../src/cli/identity/open-identity.js');
    const { chooseSpeaker } = await import('../src/cli/identity/choose-identity.js');
    const { peer: peers, listen, announce, quota, json, plain, input, output, timeout } = flags;
    const home = this.homeOf(flags);
    const options = {
      openIdentity: identityOpener(home, { file: flags['identity-password-file'], keepsInput: true }, this.deps),
      peers,
      listen,
      announce,
      quota,
      json,
      plain,
      input,
      output,
      window: flags.web ? { opensBrowser: !flags['no-open'] } : undefined,
      timeoutMs: timeout === undefined ? undefined : timeout * 1000,
      requireFreshCrl: flags['require-fresh-crl'],
      requirePostQuantum: flags['require-pq'],
      note: (line: string) => this.note(line),
    };
    if (!json) {
      await chooseSpeaker(home, options.note, this.deps);
      const [peer] = peers ?? [];
      if (peer !== undefined && !flags.web) await joinThere(home, peer, options.note, this.deps);
    }
    await talk(home, options, this.deps);
  }
}
