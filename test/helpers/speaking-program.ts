/** A chat of the built program, with a sound card of its own that tests speak into and listen to. */
import { join } from 'node:path';
import { speakAs } from '../../src/store/home.js';
import { saveIdentity } from '../../src/store/identities.js';
import type { TestCircle } from './certificates.js';
import { makeIdentity } from './identity.js';
import { Program } from './program.js';
import { SoundServer } from './sound-server.js';

export class SpeakingProgram {
  readonly sound: SoundServer;
  readonly chat: Program;
  #read = 0;

  private constructor(sound: SoundServer, chat: Program) {
    this.sound = sound;
    this.chat = chat;
  }

  /** Starts the chat of a member of `circle`, in a home within `folder`. */
  static async start(circle: TestCircle, member: string, folder: string, peer?: string): Promise<SpeakingProgram> {
    const home = join(folder, member);
    const identity = await makeIdentity(circle, { member, ips: ['127.0.0.1'] });
    await saveIdentity({ folder: home }, identity, { replace: false });
    await speakAs({ folder: home }, member);
    const sound = await SoundServer.start();
    const argv = ['chat', '--json', '--listen', '127.0.0.1:0', ...(peer === undefined ? [] : ['--peer', peer])];
    return new SpeakingProgram(sound, new Program(argv, { home, cwd: folder, env: { ...sound.env } }));
  }

  /** Resolves with the next event of that type after those that were waited for; `accepts` may pass some over. */
  async event(
    type: string,
    accepts: (event: Record<string, unknown>) => boolean = () => true,
  ): Promise<Record<string, unknown>> {
    for (;;) {
      const lines = this.chat.stdout.slice(this.#read).split('\n').slice(0, -1);
      for (const line of lines) {
        this.#read += line.length + 1;
        const event = JSON.parse(line) as Record<string, unknown>;
        if (event.event === type && accepts(event)) return event;
        // Nothing more would come.
        if (event.event === 'callEnded' || event.event === 'error') throw new Error(`instead of ${type}: ${line}`);
      }
      const known = this.#read;
      await this.chat.waitFor(new RegExp(`^[^]{${known}}[^\\n]*\\n`));
    }
  }

  command(command: string, fields: object = {}): void {
    this.chat.type(JSON.stringify({ command, ...fields }));
  }

  async stop(): Promise<void> {
    await this.chat.stop('SIGKILL');
    await this.sound.stop();
  }
}
