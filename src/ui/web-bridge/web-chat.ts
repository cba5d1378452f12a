/**
 * The chat as a window in the browser of this computer: what happens is told to every tab, what a tab asks is carried out.
 * Who gets in is decided in `window-server.ts`; docs/WINDOW.md says what is said on both sides.
 */
import type { Conversation } from '../../conversation/conversation.js';
import type { ConversationEvent } from '../../conversation/events.js';
import { QTChatError } from '../../errors.js';
import { type Home, sentFolder, storeFolder } from '../../store/home.js';
import { SentFiles } from '../../store/sent-files.js';
import { FileBook } from '../commands/file-book.js';
import type { Settings } from '../commands/settings.js';
import { type Desktop, systemDesktop } from '../desktop/desktop.js';
import { openPage } from '../desktop/open-page.js';
import type { Face } from '../face.js';
import { contactToJsonOf } from '../json-contacts.js';
import { MediaRoute } from '../media-route/media-route.js';
import { describeError } from '../text/describe-error.js';
import { FirstRun, type JoinByInvite } from './first-run.js';
import { helloOf, helloOfNobody } from './hello.js';
import { letGo, letGoOfOthers } from './let-go.js';
import { TabMedia } from './page-media.js';
import { Questions } from './questions.js';
import { ShownFiles } from './shown-files.js';
import { Tab } from './tab.js';
import { TabCommands } from './tab-commands.js';
import { Uploads } from './uploads.js';
import { windowEvent } from './window-events.js';
import { WindowServer } from './window-server.js';

/** What a {@link WebChat} needs. */
export interface WebChatOptions {
  readonly home: Home;
  readonly clock: () => Date;
  readonly random: (size: number) => Buffer;
  /** Ends the chat in order when it aborts. */
  readonly signal: AbortSignal;
  readonly settings: Settings;
  /** Whether the browser is opened, or the link only told. */
  readonly opensBrowser: boolean;
  readonly desktop?: Desktop;
  /** How long pages may be silent. */
  readonly timing?: Partial<typeof defaultTiming>;
  /** Files that are known already. */
  readonly files?: FileBook;
  /** Where the files of the page are; where the build puts them when left out. */
  readonly pageFolder?: string;
}

const maximumTabs = 16;
const runBytes = 16;
/** Milliseconds: what lies between two pings of a tab, and how long an upload may stand still. */
const defaultTiming = { pingMs: 15_000, silenceMs: 60_000 };

/** A window that is open. */
export class WebChat implements Face {
  readonly #options: WebChatOptions;
  readonly #tabs = new Set<Tab>();
  /** Those that wait to be told how things stand. */
  readonly #newcomers = new Set<Tab>();
  readonly #contactsToTell = new Set<string>();
  readonly #files: FileBook;
  readonly #questions = new Questions((question) => this.#tell({ event: 'question', ...question }));
  readonly #media: MediaRoute;
  readonly #sent: SentFiles;
  readonly #uploads: Uploads;
  readonly #firstRun = new FirstRun((line) => this.tell(line));
  readonly #commands: TabCommands;
  #server!: WindowServer;
  #conversation: Conversation | undefined;
  #closing: Promise<void> | undefined;
  /** Tells the pages of this run that it is us still, and not somebody who has taken our port since. */
  readonly #run: string;
  /** What is not waited for before the end. */
  readonly #work = new Set<Promise<void>>();
  #forgetPage: () => Promise<void> = async () => {};

  private constructor(options: WebChatOptions, media: MediaRoute) {
    this.#options = options;
    this.#run = options.random(runBytes).toString('base64url');
    this.#media = media;
    this.#files = options.files ?? new FileBook();
    this.#sent = new SentFiles(sentFolder(options.home));
    const conversation = () => this.#conversation;
    const { silenceMs } = { ...defaultTiming, ...options.timing };
    this.#uploads = new Uploads({ sent: this.#sent, conversation, silenceMs });
    this.#commands = new TabCommands({
      ...{ clock: options.clock, conversation, questions: this.#questions, firstRun: this.#firstRun },
      shown: new ShownFiles(media, this.#files),
    });
  }

  /** Starts the window's server; nobody gets in before {@link open} has made a link. */
  static async start(options: WebChatOptions): Promise<WebChat> {
    const { pingMs } = { ...defaultTiming, ...options.timing };
    const media = await MediaRoute.start();
    const chat = new WebChat(options, media);
    chat.#server = await WindowServer.start({
      random: options.random,
      mediaOrigin: media.origin,
      routes: chat.#uploads.routes,
      hasRoom: () => chat.#tabs.size < maximumTabs,
      onSocket: (socket) => {
        const sound = new TabMedia((task) => tab.send(chat.#stamped(task)));
        const tab: Tab = new Tab(socket, {
          takeAtOnce: (line) => sound.take(line),
          take: (line) => chat.#commands.take(line, tab, sound),
          pingMs,
          onGone: () => {
            chat.#tabs.delete(tab);
            chat.#newcomers.delete(tab);
            sound.close();
          },
        });
        chat.#tabs.add(tab);
        chat.#newcomers.add(tab);
        chat.#welcome();
      },
      onEntered: () => chat.#aside(chat.#forgetPage()),
      pageFolder: options.pageFolder,
    });
    return chat;
  }

  /**
   * Makes a link that lets one browser in, and opens it where that is wanted and there is a desktop.
   *
   * @returns the link, and a line about it for people
   */
  async open(): Promise<{ url: string; line: string }> {
    const { opensBrowser, home, desktop = systemDesktop } = this.#options;
    const url = this.#server.access.newLink();
    const once = 'it lets one browser in, once';
    if (!opensBrowser) return { url, line: `Open this in your browser (${once}): ${url}` };
    try {
      await this.#forgetPage();
      this.#forgetPage = await openPage(url, desktop, storeFolder(home));
      return { url, line: `The window opens in your browser. If not, open this (${once}): ${url}` };
    } catch (error) {
      if (!(error instanceof QTChatError)) throw error;
      return { url, line: `${error.message}. Open this in your browser (${once}): ${url}` };
    }
  }

  /** Lets the user join a circle in the window; resolves when the home has an identity, or the signal aborts. */
  async untilJoined(join: JoinByInvite): Promise<void> {
    const joined = this.#firstRun.wait(join, this.#options.signal);
    this.#welcome();
    await joined;
    this.#beginAnew();
  }

  onEvent(event: ConversationEvent): void {
    this.#files.noteAny(event);
    if (event.type === 'outgoingFileOver') this.#aside(letGo(this.#sent, event.path, event.hasArrived));
    const told = windowEvent(event);
    if (told !== undefined) this.#tell(told.value, told.isFleeting);
    if (event.type === 'stopped') this.tell(describeError(event.error));
    const member = changedContact(event);
    if (member !== undefined) this.#tellContact(member);
  }

  tell(text: string): void {
    this.#tell({ event: 'notice', text });
  }

  confirm(question: string, signal: AbortSignal): Promise<boolean> {
    return this.#questions.ask(question, signal);
  }

  /** The conversation is open: from now on tabs are told how it stands. */
  attach(conversation: Conversation): void {
    this.#conversation = conversation;
    this.#aside(letGoOfOthers(this.#sent, conversation.files));
    this.#welcome();
  }

  async run(conversation: Conversation): Promise<void> {
    const { signal } = this.#options;
    this.attach(conversation);
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
      if (signal.aborted) resolve();
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const tab of this.#tabs) tab.close();
    await this.#forgetPage();
    await this.#server.close();
    await this.#uploads.close();
    await this.#media.close();
    await Promise.all(this.#work);
  }

  /** Waits before the end for what need not be waited for now, and may fail: nothing depends on it. */
  #aside(work: Promise<void>): void {
    const tracked = work.catch(() => {}).finally(() => this.#work.delete(tracked));
    this.#work.add(tracked);
  }

  /** Tells how a contact stands; everything anew where it is none any more. */
  #tellContact(member: string): void {
    const conversation = this.#conversation;
    if (conversation === undefined || this.#tabs.size === 0 || this.#contactsToTell.has(member)) return;
    this.#contactsToTell.add(member);
    // What happens at once is told together.
    setImmediate(() => {
      this.#contactsToTell.delete(member);
      contactToJsonOf(conversation, member).then(
        (contact) => {
          if (contact === undefined) this.#beginAnew();
          else this.#tell({ event: 'contact', ...contact });
        },
        // The store is closed: so is the chat.
        () => {},
      );
    });
  }

  #beginAnew(): void {
    for (const tab of this.#tabs) this.#newcomers.add(tab);
    this.#welcome();
  }

  /** Tells those that have come how things stand, as soon as that is known. */
  #welcome(): void {
    const { settings } = this.#options;
    const conversation = this.#conversation;
    const hello = conversation !== undefined ? helloOf(conversation, this.#files, settings) : undefined;
    if (hello === undefined && !this.#firstRun.isWaiting) return;
    const newcomers = [...this.#newcomers];
    this.#newcomers.clear();
    Promise.resolve(hello ?? helloOfNobody).then(
      (value) => {
        for (const tab of newcomers) {
          tab.begin(this.#stamped({ ...value, run: this.#run }));
          for (const question of this.#questions.open) tab.send(this.#stamped({ event: 'question', ...question }));
        }
      },
      // The store does not open: they come again, or the program ends with the reason.
      () => {
        for (const tab of newcomers) tab.close();
      },
    );
  }

  #tell(value: object, isFleeting = false): void {
    const line = this.#stamped(value);
    for (const tab of this.#tabs) tab.send(line, isFleeting);
  }

  #stamped(value: object): string {
    return JSON.stringify({ ...value, at: this.#options.clock().toISOString() });
  }
}

/** Whose standing an event changes, as the list of contacts shows it. */
function changedContact(event: ConversationEvent): string | undefined {
  switch (event.type) {
    case 'connected':
      return event.peer.member;
    case 'disconnected':
    case 'contactChanged':
    case 'seen':
      return event.member;
    default:
      return undefined;
  }
}
