/** Members as they are: each with a home, a running `qtchat chat --web`, and a browser that the printed link has let in. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from '@jest/globals';
import type { Page } from 'playwright-core';
import { speakAs } from '../../src/store/home.js';
import { saveIdentity } from '../../src/store/identities.js';
import { type BrowserOptions, startBrowser, type TestBrowser } from './browser.js';
import { makeCircle, type TestCircle } from './certificates.js';
import { makeIdentity } from './identity.js';
import { Program } from './program.js';
import { SoundServer } from './sound-server.js';

type Event = Readonly<Record<string, unknown>>;

/** Where a chat is. */
export interface ChatPlace {
  readonly home: string;
  readonly folder: string;
}

/** A running chat, and what it tells. */
export class Chat {
  readonly program: Program;
  #read = 0;

  constructor(argv: readonly string[], { home, folder }: ChatPlace, env: Readonly<Record<string, string>> = {}) {
    const listen = ['--listen', '127.0.0.1:0'];
    this.program = new Program(['chat', '--json', ...listen, ...argv], { home, cwd: folder, env: { ...env } });
  }

  /** Resolves with the next event of that type after those that were waited for; `accepts` may pass some over. */
  async event(type: string, accepts: (event: Event) => boolean = () => true): Promise<Event> {
    for (;;) {
      const lines = this.program.stdout.slice(this.#read).split('\n').slice(0, -1);
      for (const line of lines) {
        this.#read += line.length + 1;
        const event = JSON.parse(line) as Event;
        if (event.event === type && accepts(event)) return event;
      }
      const known = this.#read;
      await this.program.waitFor(new RegExp(`^[^]{${known}}[^\\n]*\\n`));
    }
  }

  command(name: string, fields: object = {}): void {
    this.program.type(JSON.stringify({ command: name, ...fields }));
  }
}

/** A member with a window. */
export interface WindowMember extends ChatPlace {
  readonly name: string;
  readonly chat: Chat;
  /** Where the chat listens. */
  readonly port: number;
  readonly browser: TestBrowser;
  readonly page: Page;
}

/** How a member is started. */
export interface MemberOptions {
  /** Whom its chat dials. */
  readonly peer?: string;
  /** What its browser listens to and plays on. */
  readonly sound?: SoundServer;
  readonly browser?: BrowserOptions;
}

/** All members of a test, who are gone after it. */
export class WindowChats {
  #circle: TestCircle | undefined;
  #folder: string | undefined;
  readonly #chats: Chat[] = [];
  readonly #sounds: SoundServer[] = [];

  constructor() {
    afterEach(() => this.#end());
  }

  /** A new member's home. */
  async home(name: string): Promise<ChatPlace> {
    this.#folder ??= await mkdtemp(join(tmpdir(), 'qtchat-windows-'));
    this.#circle ??= await makeCircle();
    const home = join(this.#folder, name);
    const identity = await makeIdentity(this.#circle, { member: name, ips: ['127.0.0.1'] });
    await saveIdentity({ folder: home }, identity, { replace: false });
    await speakAs({ folder: home }, name);
    return { home, folder: this.#folder };
  }

  /** Starts a chat in a home, without a window but for `argv`. */
  async chat(place: ChatPlace, argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Chat> {
    const chat = new Chat(argv, place, env);
    this.#chats.push(chat);
    return chat;
  }

  /** A sound card that tests speak into and listen to. */
  async sound(isForBrowser = true): Promise<SoundServer> {
    const sound = await SoundServer.start(isForBrowser);
    this.#sounds.push(sound);
    return sound;
  }

  /** Starts a member's chat and opens its window. */
  async open(name: string, { peer, sound, browser: look = {} }: MemberOptions = {}): Promise<WindowMember> {
    const place = await this.home(name);
    const { chat, url, port } = await this.window(place, peer);
    const browser = await startBrowser({ ...look, ...(sound !== undefined && { sound: sound.env }) });
    const page = await browser.page();
    await page.goto(url);
    await page.getByRole('main').waitFor();
    return { ...place, name, chat, port, browser, page };
  }

  /** Starts the chat with a window of a home that is there; the link to it. */
  async window(place: ChatPlace, peer?: string): Promise<{ chat: Chat; url: string; port: number }> {
    const chat = await this.chat(place, ['--web', '--no-open', ...(peer === undefined ? [] : ['--peer', peer])]);
    const { url } = await chat.event('window');
    const { port } = await chat.event('listening');
    return { chat, url: String(url), port: Number(port) };
  }

  /** Two members whose programs have met. */
  async meet(options: { readonly [name in 'alice' | 'bob']?: MemberOptions } = {}) {
    const alice = await this.open('alice', options.alice);
    const bob = await this.open('bob', { peer: `127.0.0.1:${alice.port}`, ...options.bob });
    await Promise.all([alice.chat.event('connected'), bob.chat.event('connected')]);
    return { alice, bob };
  }

  async #end(): Promise<void> {
    await Promise.all(this.#chats.splice(0).map(({ program }) => program.stop()));
    await Promise.all(this.#sounds.splice(0).map((sound) => sound.stop()));
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
    this.#circle = undefined;
  }
}

/** Opens the conversation with a member in a page. */
export async function talkWith(page: Page, member: string): Promise<void> {
  await page.getByRole('link', { name: member }).click();
  await page.getByRole('textbox', { name: `Message to ${member}` }).waitFor();
}

/** Writes a message in the conversation that is shown. */
export async function say(page: Page, text: string): Promise<void> {
  const field = page.getByRole('textbox', { name: /^Message to / });
  await field.fill(text);
  await field.press('Enter');
}

/** Resolves when a message or file of the conversation that is shown holds that text. */
export async function shown(page: Page, text: string | RegExp): Promise<void> {
  await page.getByRole('article').filter({ hasText: text }).first().waitFor();
}
