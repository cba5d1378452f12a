import { once } from 'node:events';
import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.js';
import { jsonLinesFlag, listenFlag, requireFreshCrlFlag, requirePqFlag } from '../src/cli/flags.js';

export default class Listen extends BaseCommand {
  static override summary = 'receive messages and files from members, without anybody at the screen';
  static override description = 'Takes every file for which there is room. Runs until it is stopped (Ctrl-C).';
  static override examples = ['<%= config.bin %> listen --save inbox', '<%= config.bin %> listen --save inbox --json'];
  static override enableJsonFlag = false;
  static override flags = {
    save: Flags.string({ description: 'folder for received files', required: true, helpValue: 'DIR' }),
    listen: listenFlag,
    'require-fresh-crl': requireFreshCrlFlag,
    'require-pq': requirePqFlag,
    json: jsonLinesFlag,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Listen);
    const { clock, random, signal } = this.deps;
    const home = this.homeOf(flags);
    const { loadIdentity } = await import('../src/store/identities.js');
    const { checkWritableFolder } = await import('../src/store/private-file.js');
    const { announceRunning } = await import('../src/store/running.js');
    const { openConversation } = await import('../src/conversation/conversation.js');
    const { parseListen } = await import('../src/conversation/listen-at.js');
    const { describeEvent } = await import('../src/ui/terminal/describe-event.js');
    const { eventToJson } = await import('../src/ui/json-lines.js');

    const downloads = resolve(flags.save);
    // Nobody is there to see a later complaint.
    await checkWritableFolder(downloads);
    const stopped = new AbortController();
    const conversation = await openConversation({
      home,
      identity: await loadIdentity(home),
      clock,
      random,
      signal,
      listen: parseListen(flags.listen),
      keepIdentity: {},
      requireFreshCrl: flags['require-fresh-crl'],
      requirePostQuantum: flags['require-pq'],
      capabilities: ['text', 'files'],
      downloads,
      decideOffer: () => 'accept',
      onEvent: (event) => {
        if (event.type === 'stopped') stopped.abort(event.error);
        const json = flags.json ? eventToJson(event) : undefined;
        if (json !== undefined) this.printJsonLine({ ...json, at: clock().toISOString() });
        const line = flags.json ? undefined : describeEvent(event);
        if (line !== undefined) this[line.isResult ? 'print' : 'note'](line.text);
      },
    });
    const port = conversation.listeningPort ?? 0;
    const withdraw = await announceRunning(home, { service: 'listen', pid: process.pid, port });
    try {
      const end = AbortSignal.any([signal, stopped.signal]);
      if (!end.aborted) await once(end, 'abort');
      stopped.signal.throwIfAborted();
    } finally {
      await withdraw();
      await conversation.close();
    }
  }
}
