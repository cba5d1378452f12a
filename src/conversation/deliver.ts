/** Delivers a text and files to one member and ends: what `send` does. It is done when the peer has it all. */
import { checkText } from '../chat/check-content.js';
import { QTChatError, quote } from '../errors.js';
import type { FileDescription } from '../files/file-events.js';
import { checkSource } from '../files/source-file.js';
import { type Conversation, openConversation } from './conversation.js';
import type { ConversationEvent } from './events.js';
import type { ConversationOptions } from './options.js';

/** What to deliver. */
export interface Delivery {
  readonly who: string;
  readonly text?: string;
  /** Paths of files and folders. */
  readonly files: readonly string[];
  /** How long the peer may be away, at first and whenever the connection breaks. */
  readonly timeoutMs: number;
}

/** A file that the peer has. */
export interface DeliveredFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** Of its content; null for a folder, and for a file of more than one chunk. */
  readonly sha256: string | null;
  /** SHA-256 of the digests of its chunks; null where it had arrived before we offered it. */
  readonly root: string | null;
}

/** What the peer has. */
export interface Delivered {
  readonly member: string;
  readonly textId: string | undefined;
  readonly files: readonly DeliveredFile[];
}

/**
 * Delivers everything over a session of its own, beside any open chat of the same home.
 *
 * @param world - where and as whom; `onEvent` sees everything that happens
 * @throws {QTChatError} `ERR_PEER_UNREACHABLE` after the timeout, `ERR_PEER_REFUSED`,
 *   `ERR_PEER_NOT_TRUSTED`, `ERR_PEER_IS_OURSELVES`, `ERR_USAGE`, `ERR_FILE_DECLINED`, `ERR_FILE_FAILED`, `ERR_CANCELLED`, and what reading files throws
 */
export async function deliver(
  delivery: Delivery,
  world: Pick<ConversationOptions, 'home' | 'identity' | 'clock' | 'random' | 'signal' | 'downloads' | 'onEvent'> &
    Pick<Partial<ConversationOptions>, 'confirmPeer' | 'requireFreshCrl' | 'requirePostQuantum' | 'lan'>,
): Promise<Delivered> {
  if (delivery.who === world.identity.member) {
    throw new QTChatError('ERR_PEER_IS_OURSELVES', `you are ${delivery.who} yourself`, {
      hint: 'Name the member who is to have it',
    });
  }
  // What cannot be sent should not need a peer to be noticed.
  if (delivery.text !== undefined) checkText(delivery.text);
  for (const path of delivery.files) await checkSource(path);
  const task = new DeliveryTask(delivery);
  const onAbort = (): void => task.fail(new QTChatError('ERR_CANCELLED', 'sending was cancelled'));
  world.signal.addEventListener('abort', onAbort, { once: true });
  if (world.signal.aborted) onAbort();
  let conversation: Conversation | undefined;
  try {
    conversation = await openConversation({
      ...world,
      who: delivery.who,
      capabilities: [],
      giveUpWhenRefused: true,
      decideOffer: () => 'unsupported',
      onEvent: (event) => {
        world.onEvent(event);
        task.onEvent(event);
      },
    });
    return await task.run(conversation);
  } finally {
    world.signal.removeEventListener('abort', onAbort);
    await conversation?.close();
    task.stop();
  }
}

/** The progress of one delivery. */
class DeliveryTask {
  readonly #delivery: Delivery;
  readonly #arrived: DeliveredFile[] = [];
  readonly #result: Promise<void>;
  #finish: () => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #conversation: Conversation | undefined;
  #member: string | undefined;
  #textId: string | undefined;
  #isHere = false;
  #begun = false;
  #lastReason: QTChatError | undefined;

  constructor(delivery: Delivery) {
    this.#delivery = delivery;
    this.#result = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#reject = reject;
    });
    this.#result.catch(() => {});
  }

  async run(conversation: Conversation): Promise<Delivered> {
    this.#conversation = conversation;
    if (this.#isHere) this.#begin();
    else this.#await();
    await this.#result;
    return { member: this.#member ?? this.#delivery.who, textId: this.#textId, files: this.#arrived };
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  fail(error: unknown): void {
    this.#reject(error);
  }

  onEvent(event: ConversationEvent): void {
    switch (event.type) {
      case 'waiting':
        this.#lastReason = event.reason ?? this.#lastReason;
        return;
      case 'target':
        this.#member = event.member;
        return;
      case 'connected':
        if (event.peer.member !== this.#member) return;
        clearTimeout(this.#timer);
        this.#isHere = true;
        this.#begin();
        return;
      case 'disconnected':
        if (event.member !== this.#member) return;
        this.#isHere = false;
        this.#await();
        return;
      case 'stopped':
        this.fail(event.error);
        return;
      case 'delivered':
        this.#check();
        return;
      case 'fileDone':
        this.#arrived.push({
          name: event.file.name,
          sizeBytes: event.file.sizeBytes,
          sha256: event.sha256 ?? null,
          root: event.root ?? null,
        });
        this.#continue();
        return;
      case 'fileDeclined':
        this.fail(declined(event.member, event.file, event.reason));
        return;
      case 'fileFailed':
        this.fail(failed(event.file, event.error));
        return;
      default:
        return;
    }
  }

  #begin(): void {
    const conversation = this.#conversation;
    const member = this.#member;
    if (conversation === undefined || member === undefined || this.#begun) return;
    this.#begun = true;
    const begin = async (): Promise<void> => {
      const { text } = this.#delivery;
      if (text !== undefined) this.#textId = await conversation.messages.send(member, text);
      await this.#sendNextFile(conversation, member);
    };
    begin().catch((error: unknown) => this.fail(error));
  }

  #continue(): void {
    if (this.#conversation === undefined || this.#member === undefined) return;
    this.#sendNextFile(this.#conversation, this.#member).catch((error: unknown) => this.fail(error));
  }

  // One after the other: the disk and the line are not faster with several.
  async #sendNextFile(conversation: Conversation, member: string): Promise<void> {
    const path = this.#delivery.files[this.#arrived.length];
    if (path === undefined) this.#check();
    else await conversation.files.send(member, path);
  }

  #check(): void {
    const conversation = this.#conversation;
    const member = this.#member;
    if (conversation === undefined || member === undefined) return;
    if (this.#arrived.length < this.#delivery.files.length) return;
    conversation.countPending(member).then(
      (count) => {
        if (count === 0) this.#finish();
      },
      (error: unknown) => this.fail(error),
    );
  }

  #await(): void {
    const { who, timeoutMs } = this.#delivery;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const reason = this.#lastReason === undefined ? '' : `: ${this.#lastReason.message}`;
      const message = `${quote(who)} was not reached within ${timeoutMs / 1000} seconds${reason}`;
      const hint = this.#begun ? 'What was begun waits in the outbox and goes with the next chat or send' : notThere;
      this.fail(new QTChatError('ERR_PEER_UNREACHABLE', message, { hint }));
    }, timeoutMs);
  }
}

/** The same error, with the file that it concerns: there may be several. */
function failed({ name }: FileDescription, { code, message, hint, cause }: QTChatError): QTChatError {
  return new QTChatError(code, `${quote(name)}: ${message}`, { cause, ...(hint !== undefined && { hint }) });
}

const notThere = 'Ask them to start qtchat chat or qtchat listen, or give their address';

const declineTexts = {
  declined: 'declined it',
  'too-large': 'takes no file of that size unasked',
  name: 'does not take a file of that name',
  busy: 'has too many files to answer for',
  unsupported: 'takes no files now',
  'no-room': 'has no room for it on its disk',
  quota: 'takes no more files from us today',
} as const;

/** The error for a file that the peer did not take. */
export function declined(member: string, file: FileDescription, reason: keyof typeof declineTexts): QTChatError {
  return new QTChatError('ERR_FILE_DECLINED', `${quote(file.name)}: ${member} ${declineTexts[reason]}`);
}
