import { Flags } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.js';
import {
  announceSelfFlag,
  identityPasswordFileFlag,
  jsonLinesFlag,
  listenFlag,
  quotaFlag,
  requireFreshCrlFlag,
  requirePqFlag,
} from '../src/cli/flags.js';

export default class Listen extends BaseCommand {
  static override summary = 'receive messages and files from members, without anybody at the screen';
  static override description = `Takes every file for which there is room. Runs until it is stopped (Ctrl-C).

--exec runs a program for every file that has arrived, one at a time, without a shell. Its arguments are those given here; the file is in its environment: QTCHAT_FILE (the path), QTCHAT_NAME, QTCHAT_FROM, QTCHAT_SIZE, QTCHAT_SHA256 and QTCHAT_KIND (file or folder).`;
  static override examples = [
    '<%= config.bin %> listen --save inbox',
    '<%= config.bin %> listen --save inbox --from alice --from bob',
    '<%= config.bin %> listen --save inbox --from alice --exec ./print.sh',
    '<%= config.bin %> listen --save inbox --json',
  ];
  static override enableJsonFlag = false;
  static override flags = {
    save: Flags.string({ description: 'folder for received files', required: true, helpValue: 'DIR' }),
    listen: listenFlag,
    announce: announceSelfFlag,
    quota: quotaFlag,
    from: Flags.string({
      description: 'let this member in, and nobody who is not named so (repeatable)',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'WHO',
    }),
    exec: Flags.string({
      description: 'program, with fixed arguments, to run for each file that has arrived; needs --from',
      helpValue: 'CMD',
    }),
    'identity-password-file': identityPasswordFileFlag,
    'require-fresh-crl': requireFreshCrlFlag,
    'require-pq': requirePqFlag,
    json: jsonLinesFlag,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Listen);
    const { receive } = await import('../src/cli/listen/receive.js');
    const { identityOpener } = await import('../src/cli/identity/open-identity.js');
    const { describeEvent } = await import('../src/ui/text/describe-event.js');
    const { eventToJson } = await import('../src/ui/json-lines.js');
    const { save, listen, announce, quota, from, exec } = flags;
    const home = this.homeOf(flags);
    const options = {
      openIdentity: identityOpener(home, { file: flags['identity-password-file'] }, this.deps),
      ...{ save, listen, announce, quota, from, exec },
      requireFreshCrl: flags['require-fresh-crl'],
      requirePostQuantum: flags['require-pq'],
      onEvent: (event: Parameters<typeof describeEvent>[0]) => {
        const json = flags.json ? eventToJson(event) : undefined;
        if (json !== undefined) this.printJsonLine({ ...json, at: this.deps.clock().toISOString() });
        const line = flags.json ? undefined : describeEvent(event);
        if (line !== undefined) this[line.isResult ? 'print' : 'note'](line.text);
      },
    };
    await receive(home, options, this.deps);
  }
}
