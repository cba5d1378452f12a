/**
 * A private PulseAudio with sound cards that are none: what is played into `room` is heard by the microphone of whoever
 * uses its environment, and what that plays can be taken from `speaker`. ALSA, and so PortAudio, reaches it by a plug-in.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const rate = 48_000;
// Without norewinds a null sink is two seconds late.
// What a sink plays is no microphone to a browser; this is one.
const microphone = 'module-remap-source source_name=microphone master=room.monitor';
const sink = (name: string): string => `module-null-sink sink_name=${name} norewinds=1 rate=${rate} channels=1`;

export class SoundServer {
  readonly #folder: string;
  readonly #server: ChildProcess;
  readonly #players: ChildProcess[] = [];
  /** What finds it: for ALSA and for the programs of PulseAudio. */
  readonly env: Readonly<Record<string, string>>;

  private constructor(isForBrowser: boolean) {
    this.#folder = mkdtempSync(join(tmpdir(), 'qtchat-sound-'));
    chmodSync(this.#folder, 0o700);
    const alsa = join(this.#folder, 'asound.conf');
    writeFileSync(alsa, '</usr/share/alsa/alsa.conf>\npcm.!default { type pulse }\nctl.!default { type pulse }\n');
    mkdirSync(join(this.#folder, 'home'));
    const socket = join(this.#folder, 'native');
    this.env = {
      PATH: process.env.PATH ?? '',
      HOME: join(this.#folder, 'home'),
      XDG_RUNTIME_DIR: this.#folder,
      ALSA_CONFIG_PATH: alsa,
      PULSE_SERVER: `unix:${socket}`,
      PULSE_SOURCE: 'room.monitor',
      PULSE_SINK: 'speaker',
    };
    const modules = [
      `module-native-protocol-unix auth-anonymous=1 socket=${socket}`,
      ...[sink('speaker'), sink('room')],
      ...(isForBrowser ? [microphone] : []),
    ];
    const argv = ['-n', '--daemonize=no', '--exit-idle-time=-1', '--use-pid-file=no', '--log-level=error'];
    this.#server = spawn('pulseaudio', [...argv, ...modules.flatMap((module) => ['-L', module])], {
      env: this.env,
      stdio: 'ignore',
    });
  }

  /**
   * Starts one; resolves when it answers.
   *
   * @param isForBrowser - a browser uses it: its microphone is one more stream
   */
  static async start(isForBrowser = false): Promise<SoundServer> {
    const server = new SoundServer(isForBrowser);
    while (server.#server.exitCode === null) {
      const probe = spawn('pactl', ['info'], { env: server.env, stdio: 'ignore' });
      const [code] = (await once(probe, 'close')) as [number];
      if (code === 0) return server;
    }
    throw new Error('PulseAudio ended');
  }

  /** Says something in the room, over and over until the end. */
  say(samples: Int16Array): void {
    const player = this.#program('pacat', ['--playback', '--device=room'], 'ignore');
    const octets = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
    const feed = (): void => void player.stdin?.write(octets, (error) => error ?? feed());
    player.stdin?.on('error', () => {});
    feed();
  }

  /** What the speaker plays in the next seconds. */
  async hear(seconds: number): Promise<Int16Array> {
    const recorder = this.#program('pacat', ['--record', '--device=speaker.monitor'], 'pipe');
    const chunks: Buffer[] = [];
    for (let octets = 0; octets < seconds * rate * 2; octets += chunks.at(-1)?.length ?? 0) {
      const [chunk] = await once(recorder.stdout ?? recorder, 'data');
      chunks.push(chunk as Buffer);
    }
    recorder.kill();
    await once(recorder, 'close');
    const all = Buffer.concat(chunks);
    return Int16Array.from({ length: all.length >> 1 }, (_, index) => all.readInt16LE(index * 2));
  }

  /** What the speaker plays from now on, until `stop`. */
  record(): { stop(): Promise<Int16Array> } {
    const recorder = this.#program('pacat', ['--record', '--device=speaker.monitor'], 'pipe');
    const chunks: Buffer[] = [];
    recorder.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    return {
      stop: async () => {
        recorder.kill();
        await once(recorder, 'close');
        const octets = Buffer.concat(chunks);
        return Int16Array.from({ length: octets.length >> 1 }, (_, index) => octets.readInt16LE(index * 2));
      },
    };
  }

  /** Lets the microphone hear the speaker, so much later. */
  couple(delayMs: number): void {
    this.#pactl('load-module', 'module-loopback', 'source=speaker.monitor', 'sink=room', `latency_msec=${delayMs}`);
  }

  /** Takes the sound cards away, or puts them back; whoever talks in the room has to begin anew. */
  plug(isIn: boolean): void {
    for (const name of ['speaker', 'room']) {
      if (isIn) {
        this.#pactl('load-module', ...sink(name).split(' '));
        continue;
      }
      const module = this.#pactl('list', 'short', 'modules')
        .split('\n')
        .find((line) => line.includes(`sink_name=${name} `));
      this.#pactl('unload-module', module?.split('\t')[0] ?? '');
    }
  }

  /** Takes the sound server away. */
  async end(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.kill('SIGKILL');
    await closed;
  }

  /** How many streams are open at the cards. */
  streams(): number {
    const list = (kind: string): string => this.#pactl('list', 'short', kind);
    return `${list('sink-inputs')}${list('source-outputs')}`.split('\n').filter(Boolean).length;
  }

  async stop(): Promise<void> {
    const running = [...this.#players, this.#server].filter(
      (child) => child.exitCode === null && child.signalCode === null,
    );
    await Promise.all(
      running.map(async (child) => {
        const closed = once(child, 'close');
        child.kill('SIGKILL');
        await closed;
      }),
    );
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #pactl(...argv: string[]): string {
    return execFileSync('pactl', argv, { env: this.env, encoding: 'utf8' });
  }

  #program(name: string, argv: readonly string[], stdout: 'ignore' | 'pipe'): ChildProcess {
    const format = ['--raw', '--format=s16le', `--rate=${rate}`, '--channels=1', '--latency-msec=20'];
    const child = spawn(name, [...argv, ...format], { env: this.env, stdio: ['pipe', stdout, 'ignore'] });
    this.#players.push(child);
    return child;
  }
}
