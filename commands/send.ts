import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.js';
import { identityPasswordFileFlag, requireFreshCrlFlag, requirePqFlag, timeoutRange } from '../src/cli/flags.js';
import { escapeControls, QTChatError } from '../src/errors.js';

interface SendResult {
  readonly member: string;
  readonly textId: string | null;
  readonly files: readonly { name: string; sizeBytes: number; sha256: string | null; root: string | null }[];
}

export default class Send extends BaseCommand {
  static override summary = 'send a text and files to a member, and end when they have it all';
  static override examples = [
    '<%= config.bin %> send alice "the tide is at nine"',
    '<%= config.bin %> send alice --file photo.jpg --file notes.txt',
  ];
  static override args = {
    who: Args.string({ description: 'member, or address[:port]', required: true }),
    text: Args.string({ description: 'one message' }),
  };
  static override flags = {
    file: Flags.string({
      description: 'file or folder to send (repeatable)',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'PATH',
    }),
    'identity-password-file': identityPasswordFileFlag,
    'require-fresh-crl': requireFreshCrlFlag,
    'require-pq': requirePqFlag,
    timeout: Flags.integer({ description: 'seconds the peer may be away', default: 30, ...timeoutRange }),
  };

  async run(): Promise<SendResult> {
    const { args, flags } = await this.parse(Send);
    const { clock, random, signal, stderr, lan } = this.deps;
    const { who, text } = args;
    const files = flags.file ?? [];
    if (text === undefined && files.length === 0) {
      throw new QTChatError('ERR_USAGE', 'there is nothing to send', { hint: 'Give a text, or files with --file' });
    }
    const home = this.homeOf(flags);
    const { identityOpener } = await import('../src/cli/identity/open-identity.js');
    const { downloadsFolder } = await import('../src/store/home.js');
    const { deliver } = await import('../src/conversation/deliver.js');
    const { Progress } = await import('../src/ui/text/progress.js');
    const { describeEvent } = await import('../src/ui/text/describe-event.js');

    const progress = new Progress(clock);
    const isTerminal = stderr.isTTY === true && !this.jsonEnabled();
    const delivery = { who, files, timeoutMs: flags.timeout * 1000, ...(text === undefined ? {} : { text }) };
    const {
      member,
      textId,
      files: arrived,
    } = await deliver(delivery, {
      home,
      identity: await identityOpener(home, { file: flags['identity-password-file'] }, this.deps)(),
      clock,
      random,
      signal,
      lan,
      downloads: downloadsFolder(home),
      requireFreshCrl: flags['require-fresh-crl'],
      requirePostQuantum: flags['require-pq'],
      onEvent: (event) => {
        if (event.type === 'waiting' && event.reason !== undefined)
          this.note(`waiting for ${who}: ${event.reason.message}`);
        const line = event.type === 'fileProgress' ? progress.describe(event.file, event) : undefined;
        if (isTerminal && line !== undefined) stderr.write(`\r\u001b[K${line}`);
        if (isTerminal && (event.type === 'fileDone' || event.type === 'fileInterrupted')) stderr.write('\r\u001b[K');
        // Nothing else would say why it takes so long.
        if (event.type === 'filePaused' || event.type === 'fileResumed') this.note(describeEvent(event)?.text ?? '');
        if (event.type === 'fileInterrupted')
          this.note(`${escapeControls(event.file.name)} waits: ${event.error.message}`);
      },
    });
    if (textId !== undefined) this.print(`${member} has the message`);
    for (const { name, sizeBytes, sha256 } of arrived) {
      const digest = sha256 === null ? ', compared' : `, SHA-256 ${sha256}`;
      this.print(`${member} has ${escapeControls(name)} (${sizeBytes} bytes${digest})`);
    }
    return { member, textId: textId ?? null, files: arrived };
  }
}
