/**
 * The sound of calls in one tab of the window: a call that is made or taken there is heard through the browser. Each is a
 * `Media` whose other end is a WebRTC connection of the page (web/calls). A tab that goes, hangs or talks nonsense ends
 * the call with a reason, never the chat.
 */
import { type ConnectionEvent, ConnectionWatch } from '../../calls/connection-watch.js';
import type { Media, MediaEvent, OpenMedia } from '../../calls/media.js';
import { escapeControls, fromPlainError, QTChatError } from '../../errors.js';
import {
  isTabMedia,
  parseTabMedia,
  type TabHappening,
  type TabReply,
  type TabTask,
  type TabTaskEvent,
} from './media-wire.js';

/** Longer than a browser lets somebody think about a microphone before the call would have ended anyway. */
const replyWithinMs = 15_000;
const closeWithinMs = 2_000;

/** The calls of one tab: one at a time, and those that are just being closed. */
export class TabMedia {
  readonly #send: (event: TabTaskEvent) => void;
  readonly #open = new Map<number, PageMedia>();
  #count = 0;
  #isGone = false;

  /** @param send - brings a task to the tab */
  constructor(send: (event: TabTaskEvent) => void) {
    this.#send = send;
  }

  /** Opens the sound of a call in this tab. */
  readonly open: OpenMedia = async ({ onEvent }) => {
    if (this.#isGone) throw gone();
    const number = this.#count++;
    const media = new PageMedia({
      send: (seq, task) => this.#send({ event: 'mediaTask', media: number, seq, task }),
      onEvent,
      onClosed: () => this.#open.delete(number),
    });
    this.#open.set(number, media);
    try {
      await media.ask({ type: 'open' });
    } catch (error) {
      await media.close();
      throw error;
    }
    return media;
  };

  /** Takes what the tab says about the sound of calls; whether a line says something about it. */
  take(line: string): boolean {
    const value = parseJson(line);
    if (!isTabMedia(value)) return false;
    this.handle(value);
    return true;
  }

  /** Takes what {@link isTabMedia} tells from everything else. */
  handle(value: unknown): void {
    const command = parseTabMedia(value);
    if (command === undefined) {
      this.#fail(failed('the window with the call said what nobody understands'));
      return;
    }
    const media = this.#open.get(command.media);
    // What is said of a call that is over comes too late.
    if (command.command === 'mediaReply') media?.settle(command);
    else media?.hear(command.event);
  }

  /** The tab is gone, and with it the sound of its calls. */
  close(): void {
    this.#isGone = true;
    this.#fail(gone());
  }

  #fail(error: QTChatError): void {
    for (const media of this.#open.values()) media.fail(error);
  }
}

interface PageMediaOptions {
  readonly send: (seq: number, task: TabTask) => void;
  readonly onEvent: (event: MediaEvent) => void;
  readonly onClosed: () => void;
}

interface Waiting {
  readonly resolve: (reply: TabReply) => void;
  readonly reject: (error: QTChatError) => void;
}

/** One call's sound. */
class PageMedia implements Media {
  readonly #options: PageMediaOptions;
  readonly #watch = new ConnectionWatch((event) => this.#tell(asMediaEvent(event)));
  readonly #waiting = new Map<number, Waiting>();
  #seq = 0;
  #isOver = false;
  /** Why nothing can be asked any more. */
  #failure: QTChatError | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: PageMediaOptions) {
    this.#options = options;
  }

  async offer(isRestart = false): Promise<string> {
    return (await this.ask({ type: 'offer', isRestart })).sdp ?? '';
  }

  async answer(sdp: string): Promise<string> {
    return (await this.ask({ type: 'answer', sdp })).sdp ?? '';
  }

  async accept(sdp: string): Promise<void> {
    await this.ask({ type: 'accept', sdp });
  }

  async addCandidate(candidate: string): Promise<void> {
    await this.ask({ type: 'candidate', candidate });
  }

  setMuted(isMuted: boolean): void {
    void this.ask({ type: 'mute', isMuted }).catch(() => {});
  }

  /** What is chosen in the terminal are other devices, under other names; the page has its own, and lets them be chosen. */
  async useDevices(): Promise<void> {}

  close(): Promise<void> {
    this.#isOver = true;
    this.#closed ??= this.ask({ type: 'close' }, closeWithinMs).then(
      () => this.#options.onClosed(),
      () => this.#options.onClosed(),
    );
    return this.#closed;
  }

  /** Asks the tab for something; rejects where it cannot, does not answer or is gone. */
  async ask(task: TabTask, withinMs = replyWithinMs): Promise<TabReply> {
    if (this.#failure !== undefined) throw this.#failure;
    const seq = this.#seq++;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<TabReply>((resolve, reject) => {
        this.#waiting.set(seq, { resolve, reject });
        timer = setTimeout(() => reject(failed('the window with the call does not answer')), withinMs);
        this.#options.send(seq, task);
      });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(seq);
    }
  }

  /** The tab has answered. */
  settle(reply: TabReply): void {
    const waiting = this.#waiting.get(reply.seq);
    if (reply.problem === undefined) waiting?.resolve(reply);
    else waiting?.reject(failed(reply.problem));
  }

  /** The tab tells something. */
  hear(happening: TabHappening): void {
    switch (happening.type) {
      case 'candidate':
      case 'level':
        this.#tell(happening);
        return;
      case 'state': {
        this.#watch.see(happening.state);
        const stats = new Map(happening.stats.map((entry) => [entry.id, entry]));
        this.#watch.measure(stats, happening.atMs);
        return;
      }
      case 'devices':
        this.#tell({ type: 'devices', input: happening.input ?? undefined, output: happening.output ?? undefined });
        return;
      case 'failed':
        this.#tell({ type: 'failed', error: failed(happening.problem) });
    }
  }

  /** Nothing can be asked any more. */
  fail(error: QTChatError): void {
    this.#failure = error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#tell({ type: 'failed', error });
  }

  /** After the end nothing more is told, and of the end only once. */
  #tell(event: MediaEvent): void {
    if (this.#isOver) return;
    this.#isOver = event.type === 'failed';
    this.#options.onEvent(event);
  }
}

function asMediaEvent(event: ConnectionEvent): MediaEvent {
  return event.type === 'failed' ? { type: 'failed', error: fromPlainError(event.error) } : event;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function gone(): QTChatError {
  return failed('the window with the call was closed or loaded anew');
}

function failed(what: string): QTChatError {
  return new QTChatError('ERR_CALL_FAILED', escapeControls(what), { hint: 'The chat goes on; call again' });
}
