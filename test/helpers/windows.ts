/** Conversations with a window, in one process and on real sockets; all of them are taken away at the end. */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConversationOptions } from '../../src/conversation/options.js';
import { WebChat, type WebChatOptions } from '../../src/ui/web-bridge/web-chat.js';
import type { TestCircle } from './certificates.js';
import type { Meeting, TestConversation } from './conversations.js';
import { makeIdentity } from './identity.js';
import { defaultSettings } from './settings.js';
import { WindowClient } from './window-client.js';

/** One member, its conversation, and the window to it. */
export interface TestWindow {
  readonly conversation: TestConversation;
  readonly chat: WebChat;
  /** A browser that was let in, with a tab. */
  readonly client: WindowClient;
}

/** Makes windows. */
export class Windows {
  readonly #meeting: Meeting;
  readonly #open: { readonly chat: WebChat; readonly clients: WindowClient[] }[] = [];
  #folder: string | undefined;

  constructor(meeting: Meeting) {
    this.#meeting = meeting;
  }

  /** A window of `home` without a conversation. */
  async alone(home: string, options: Partial<WebChatOptions> = {}): Promise<WebChat> {
    const chat = await WebChat.start({
      home: { folder: home },
      clock: () => new Date(),
      random: randomBytes,
      signal: new AbortController().signal,
      settings: defaultSettings(),
      opensBrowser: false,
      pageFolder: await this.#page(),
      ...options,
    });
    this.#open.push({ chat, clients: [] });
    return chat;
  }

  /** A browser with a tab on a window. */
  async enter(chat: WebChat): Promise<WindowClient> {
    const client = await (await WindowClient.enter((await chat.open()).url)).open();
    this.#open.push({ chat, clients: [client] });
    return client;
  }

  /** The conversation of a member with its window, and a tab that has been told how things stand. */
  async of(
    circle: TestCircle,
    member: string,
    options: Partial<ConversationOptions> = {},
    windowOptions: Partial<WebChatOptions> = {},
  ): Promise<TestWindow> {
    const conversation = await this.#meeting.at(member);
    const chat = await this.alone(conversation.home, windowOptions);
    const identity = await makeIdentity(circle, { member, ips: ['127.0.0.1'] });
    await conversation.open(identity, {
      ...options,
      onEvent: (event) => {
        conversation.note(event);
        chat.onEvent(event);
      },
    });
    chat.attach(conversation.door);
    const client = await this.enter(chat);
    await client.event('hello');
    return { conversation, chat, client };
  }

  /** Alice and bob, both with a window, both here. */
  async pair(circle: TestCircle): Promise<{ alice: TestWindow; bob: TestWindow }> {
    const alice = await this.of(circle, 'alice');
    const bob = await this.of(circle, 'bob', { who: alice.conversation.who });
    await Promise.all([alice.conversation.event('connected'), bob.conversation.event('connected')]);
    return { alice, bob };
  }

  /** Closes all of them. */
  async end(): Promise<void> {
    for (const { chat, clients } of this.#open.splice(0)) {
      for (const client of clients) client.close();
      await chat.close();
    }
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
  }

  /** A page that is none. */
  async #page(): Promise<string> {
    this.#folder ??= await mkdtemp(join(tmpdir(), 'qtchat-page-'));
    await mkdir(this.#folder, { recursive: true });
    await writeFile(join(this.#folder, 'index.html'), '<!doctype html><title>page</title>');
    await writeFile(join(this.#folder, 'main.js'), 'void 0;');
    return this.#folder;
  }
}
