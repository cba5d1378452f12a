import { Flags } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.js';
import { jsonLinesFlag, listenFlag, requireFreshCrlFlag } from '../src/cli/flags.js';

/** What a contact may send without being asked, in octets. */
const autoAcceptBytes = 100_000_000;

export default class Chat extends BaseCommand {
  static override summary = 'talk to members of the circle, end-to-end encrypted';
  static override description =
    'Always listens, and keeps dialling --peer until it is here; either side may start first. Without a terminal it sends the lines of standard input and ends when all is delivered.';
  static override examples = [
    '<%= config.bin %> chat',
    '<%= config.bin %> chat --peer alice',
    '<%= config.bin %> chat --peer 192.168.1.100',
  ];
  static override enableJsonFlag = false;
  static override flags = {
    peer: Flags.string({ description: 'contact, or address[:port], to keep dialling', helpValue: 'WHO' }),
    plain: Flags.boolean({ description: 'plain lines (the only face so far)' }),
    listen: listenFlag,
    timeout: Flags.integer({
      description: 'without a terminal: seconds the peer may be away',
      min: 1,
      helpValue: 'SECONDS',
    }),
    'require-fresh-crl': requireFreshCrlFlag,
    json: jsonLinesFlag,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Chat);
    const { deps } = this;
    const { stdin, stdout, stderr, clock, random, signal } = deps;
    const home = this.homeOf(flags);
    const { loadIdentity } = await import('../src/store/identities.js');
    const { downloadsFolder } = await import('../src/store/home.js');
    const { announceRunning } = await import('../src/store/running.js');
    const { openConversation } = await import('../src/conversation/conversation.js');
    const { parseListen } = await import('../src/conversation/listen-at.js');
    const { PlainChat } = await import('../src/ui/terminal/plain.js');
    const { confirmQuestion } = await import('../src/ui/terminal/confirm-question.js');

    const { takeOwnKey } = await import('../src/enroll/own-key.js');
    const { identity, trouble } = await takeOwnKey(home, await loadIdentity(home), { clock, signal });
    if (trouble !== undefined && !flags.json) this.note(`Your key is still the host's: ${trouble.message}`);
    const listen = parseListen(flags.listen);
    const isTerminal = stdin.isTTY === true && stdout.isTTY === true && !flags.json;
    const timeout = flags.timeout === undefined ? {} : { timeoutMs: flags.timeout * 1000 };
    const streams = { input: stdin, output: stdout, status: stderr };
    const face = new PlainChat({ ...streams, isTerminal, json: flags.json, clock, signal, ...timeout });
    try {
      const conversation = await openConversation({
        home,
        identity,
        clock,
        random,
        signal,
        listen,
        keepIdentity: {},
        requireFreshCrl: flags['require-fresh-crl'],
        capabilities: ['text', 'files'],
        downloads: downloadsFolder(home),
        decideOffer: ({ sizeBytes }) => (sizeBytes <= autoAcceptBytes ? 'accept' : isTerminal ? 'ask' : 'too-large'),
        onEvent: (event) => face.onEvent(event),
        ...(flags.peer === undefined ? {} : { who: flags.peer }),
        ...(isTerminal && { confirmPeer: (peer, who, ended) => face.confirm(confirmQuestion(peer, who), ended) }),
      });
      const port = conversation.listeningPort ?? 0;
      const withdraw = await announceRunning(home, { service: 'chat', pid: process.pid, port });
      try {
        await face.run(conversation);
      } finally {
        await withdraw();
        await conversation.close();
      }
    } finally {
      face.close();
    }
  }
}
