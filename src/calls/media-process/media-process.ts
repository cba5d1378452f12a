/**
 * One media process (child.ts), seen from its parent: it is started, asked, watched and ended here. Whatever happens
 * to it is one `QTChatError` with a reason; nothing it prints is seen, and of our environment it gets what sound needs.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fromPlainError, QTChatError } from '../../errors.js';
import { type MediaProcessEvent, type MediaReport, type MediaTask, parseReport, type SoundChoice } from './wire.js';

/** How it is started. */
export interface MediaProcessOptions {
  /** Path of child.ts as it was built. */
  readonly program: string;
  readonly sound: SoundChoice;
  /** Of it the process gets what sound needs. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onEvent?: (event: MediaProcessEvent) => void;
  /** Told once, when it has ended by itself or was ended because it hung; never after `close`. */
  readonly onFailed?: (error: QTChatError) => void;
}

type Answered = Exclude<MediaReport, { type: 'event' }>;
type Done = Extract<MediaReport, { type: 'done' }>;
interface Waiting {
  readonly resolve: (done: Done) => void;
  readonly reject: (error: QTChatError) => void;
}

const pingEveryMs = 1_000;
/** Without an answer for so long it hangs: a person has given up by then. */
const hungAfterMs = 3_000;
/** Loading WebRTC takes a slow machine a while, and blocks. */
const readyWithinMs = 15_000;
const closeWithinMs = 2_000;
/** A device that is lost keeps one of them for ever, and without one no other can be opened. */
const threads = 64;
/** What PortAudio, ALSA, PulseAudio and PipeWire look at to find a sound card; and what Windows needs for any library. */
const environment = /^(HOME|LANG|XDG_RUNTIME_DIR|XDG_CONFIG_HOME|PULSE_\w+|ALSA_\w+|PIPEWIRE_\w+|JACK_\w+|SystemRoot)$/;

/** One process, from its start to its end. */
export class MediaProcess {
  readonly #options: MediaProcessOptions;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #timer: NodeJS.Timeout | undefined;
  #heardAt = performance.now();
  #isOver = false;

  private constructor(options: MediaProcessOptions) {
    this.#options = options;
    this.#child = fork(options.program, {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: {
        ...Object.fromEntries(Object.entries(options.env).filter(([name]) => environment.test(name))),
        UV_THREADPOOL_SIZE: `${threads}`,
      },
    });
    this.#ended = once(this.#child, 'close').catch(() => {});
    this.#child.on('message', (message) => this.#hear(message));
    this.#child.once('exit', (code, signal) => this.#fail(`has ended (${signal ?? `exit code ${code}`})`));
    this.#child.once('error', (error) => this.#fail(`could not be started: ${error.message}`));
  }

  /**
   * Starts one, and gives it its first task.
   *
   * @throws {QTChatError} why it could not; then the process has ended
   */
  static async start(options: MediaProcessOptions, task: MediaTask): Promise<MediaProcess> {
    const started = new MediaProcess({ ...options, onFailed: (error) => onFailed?.(error) });
    // Until it is ready its failure is that of `start`.
    let onFailed: MediaProcessOptions['onFailed'];
    const timer = setTimeout(() => started.#fail('did not start in time'), readyWithinMs);
    try {
      await started.ask({ type: 'sound', sound: options.sound });
      await started.ask(task);
    } catch (error) {
      await started.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
    onFailed = options.onFailed;
    started.#watch();
    return started;
  }

  /** Its process id; tests hurt it by this. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Asks for something; rejects with the reason when it refuses, or ends before it answers. */
  ask(task: MediaTask): Promise<Done> {
    if (this.#isOver) return Promise.reject(gone('has ended'));
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      // A process that has just died says so by its end.
      this.#child.send({ id, task }, () => {});
    });
  }

  /** Ends it, by force where it does not end by itself; resolves when it is gone. Never rejects. */
  async close(): Promise<void> {
    if (!this.#isOver) {
      const closing = this.ask({ type: 'close' }).catch(() => {});
      this.#isOver = true;
      clearInterval(this.#timer);
      const timer = setTimeout(() => this.#child.kill('SIGKILL'), closeWithinMs);
      await closing;
      await this.#ended;
      clearTimeout(timer);
      this.#rejectAll(gone('was closed'));
    }
    await this.#ended;
  }

  #watch(): void {
    this.#heardAt = performance.now();
    this.#timer = setInterval(() => {
      void this.ask({ type: 'ping' }).catch(() => {});
      // Perhaps it was we who did not listen: what has come meanwhile is read first.
      if (performance.now() - this.#heardAt > hungAfterMs)
        setImmediate(() => {
          if (performance.now() - this.#heardAt > hungAfterMs) this.#fail('does not answer any more');
        });
    }, pingEveryMs);
    this.#timer.unref();
  }

  #hear(message: unknown): void {
    this.#heardAt = performance.now();
    const report = parseReport(message);
    if (report === undefined) this.#fail('said what nobody understands');
    else if (report.type === 'event') this.#tell(report.event);
    else this.#settle(report);
  }

  #tell(event: MediaProcessEvent): void {
    if (!this.#isOver) this.#options.onEvent?.(event);
  }

  #settle(report: Answered): void {
    const waiting = this.#waiting.get(report.id);
    this.#waiting.delete(report.id);
    if (report.type === 'done') waiting?.resolve(report);
    else waiting?.reject(fromPlainError(report.error));
  }

  #fail(what: string): void {
    const error = gone(what);
    this.#child.kill('SIGKILL');
    this.#rejectAll(error);
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#timer);
    this.#options.onFailed?.(error);
  }

  #rejectAll(error: QTChatError): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

function gone(what: string): QTChatError {
  return new QTChatError('ERR_CALL_FAILED', `the process for sound ${what}`, { hint: 'The chat goes on; call again' });
}
