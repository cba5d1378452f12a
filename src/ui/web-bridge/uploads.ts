/**
 * Files and folders that a page gives to be sent: streamed into the home, then offered. Names are judged as peers judge
 * them; nothing of what is broken off stays.
 */
import { type Request, type Response, Router } from 'express';
import type { Conversation } from '../../conversation/conversation.js';
import { QTChatError, quote } from '../../errors.js';
import { isSafeEntryName, isSafeFileName } from '../../files/file-name.js';
import type { GivenFiles, SentFiles } from '../../store/sent-files.js';

/** What uploads need. */
export interface UploadOptions {
  readonly sent: SentFiles;
  /** Undefined until it is open. */
  readonly conversation: () => Conversation | undefined;
  /** A page that says nothing for so long has gone. */
  readonly silenceMs: number;
}

/** A folder that is being given, file by file. */
interface GivenFolder {
  readonly files: Promise<GivenFiles>;
  count: number;
  underWay: number;
  timer: NodeJS.Timeout | undefined;
}

const maximumFileBytes = 64 * 1024 ** 3;
const maximumUnderWay = 16;
const maximumFolders = 8;
const maximumFilesOfFolder = 20_000;
const maximumDepth = 32;
const folderId = /^[0-9a-zA-Z-]{8,64}$/;

/** The files that pages give. */
export class Uploads {
  readonly #options: UploadOptions;
  readonly #folders = new Map<string, GivenFolder>();
  #underWay = 0;

  constructor(options: UploadOptions) {
    this.#options = options;
  }

  /** The routes of them; who may ask is decided before. */
  get routes(): Router {
    const router = Router({ caseSensitive: true, strict: true });
    router.put('/files', (request, response) => this.#answer(request, response, () => this.#takeFile(request)));
    router.put(/^\/folders\/[^/]+\/./, (request, response) =>
      this.#answer(request, response, () => this.#takeFileOfFolder(request)),
    );
    router.post(/^\/folders\/[^/]+$/, (request, response) =>
      this.#answer(request, response, () => this.#takeFolder(request)),
    );
    return router;
  }

  /** Deletes what was not given to its end. */
  async close(): Promise<void> {
    for (const id of [...this.#folders.keys()]) await this.#drop(id);
  }

  async #takeFile(request: Request): Promise<object> {
    const { member, name } = await this.#meant(request);
    const sizeBytes = lengthOf(request);
    const given = await this.#options.sent.begin();
    try {
      await given.write([name], request, sizeBytes);
      await this.#send(member, await given.finish(name, false));
      return { name };
    } catch (error) {
      await given.discard();
      throw error;
    }
  }

  async #takeFileOfFolder(request: Request): Promise<object> {
    const [, , id = '', ...parts] = partsOf(request);
    const isSafe = parts.length <= maximumDepth && parts.every(isSafeEntryName);
    if (!isSafe) throw new QTChatError('ERR_USAGE', `not every system takes the path ${quote(parts.join('/'))}`);
    const sizeBytes = lengthOf(request);
    const folder = this.#folder(id);
    folder.count += 1;
    if (folder.count > maximumFilesOfFolder) throw new QTChatError('ERR_USAGE', 'the folder holds too many files');
    folder.underWay += 1;
    clearTimeout(folder.timer);
    try {
      await (await folder.files).write(parts, request, sizeBytes);
      return { name: parts.at(-1) };
    } catch (error) {
      // A folder without one of its files is not what was meant.
      await this.#drop(id);
      throw error;
    } finally {
      folder.underWay -= 1;
      if (folder.underWay === 0) folder.timer = setTimeout(() => void this.#drop(id), this.#options.silenceMs).unref();
    }
  }

  async #takeFolder(request: Request): Promise<object> {
    const [, , id = ''] = partsOf(request);
    const folder = this.#folder(id);
    clearTimeout(folder.timer);
    const given = await folder.files;
    try {
      const { member, name } = await this.#meant(request);
      if (folder.underWay > 0) throw new QTChatError('ERR_USAGE', 'files of the folder are still on their way');
      this.#folders.delete(id);
      await this.#send(member, await given.finish(name, true));
      return { name };
    } catch (error) {
      this.#folders.delete(id);
      await given.discard();
      throw error;
    }
  }

  async #send(member: string, path: string): Promise<void> {
    try {
      await this.#open.files.send(member, path);
    } catch (error) {
      await this.#options.sent.remove(path);
      throw error;
    }
  }

  /** For whom it is, and what it is called. */
  async #meant({ query: { member, name } }: Request): Promise<{ member: string; name: string }> {
    if (typeof member !== 'string' || typeof name !== 'string') {
      throw new QTChatError('ERR_USAGE', 'whom the file is for, or its name, is missing');
    }
    if (!isSafeFileName(name)) {
      throw new QTChatError('ERR_USAGE', `not every system takes the name ${quote(name)}`, {
        hint: 'Give it another name',
      });
    }
    return { member: await this.#open.memberNamed(member), name };
  }

  #folder(id: string): GivenFolder {
    if (!folderId.test(id)) throw new QTChatError('ERR_USAGE', 'a folder is not called so');
    const known = this.#folders.get(id);
    if (known !== undefined) return known;
    if (this.#folders.size >= maximumFolders) throw new QTChatError('ERR_USAGE', 'too many folders are on their way');
    const folder = { files: this.#options.sent.begin(), count: 0, underWay: 0, timer: undefined };
    folder.files.catch(() => this.#folders.delete(id));
    this.#folders.set(id, folder);
    return folder;
  }

  async #drop(id: string): Promise<void> {
    const folder = this.#folders.get(id);
    if (folder === undefined) return;
    this.#folders.delete(id);
    clearTimeout(folder.timer);
    await (await folder.files.catch(() => undefined))?.discard();
  }

  get #open(): Conversation {
    const conversation = this.#options.conversation();
    if (conversation === undefined) throw new QTChatError('ERR_USAGE', 'the conversation is not open yet');
    return conversation;
  }

  async #answer(request: Request, response: Response, work: () => Promise<object>): Promise<void> {
    // Nobody listens for it, so the server ends the connection.
    request.socket.setTimeout(this.#options.silenceMs);
    this.#underWay += 1;
    try {
      if (this.#underWay > maximumUnderWay) throw new QTChatError('ERR_USAGE', 'too many files are on their way');
      response.json(await work());
    } catch (error) {
      if (response.destroyed || request.destroyed) {
        response.destroy();
        return;
      }
      const { code, message, hint } = foreseen(error);
      // What was not read of it is not waited for.
      response.status(statusOf(code)).set('Connection', 'close');
      response.json({ error: { code, message, hint: hint ?? null } });
    } finally {
      this.#underWay -= 1;
    }
  }
}

/** The parts of the path behind the base, decoded one by one: what is a slash then is none that separates them. */
function partsOf({ url }: Request): string[] {
  const [path = ''] = url.split('?');
  try {
    return path.split('/').map(decodeURIComponent);
  } catch (cause) {
    throw new QTChatError('ERR_USAGE', 'the path is none', { cause });
  }
}

/** @throws {QTChatError} `ERR_USAGE` */
function lengthOf({ headers }: Request): number {
  const length = headers['content-length'] ?? '';
  const sizeBytes = Number(length);
  if (!/^\d+$/.test(length)) throw new QTChatError('ERR_USAGE', 'how long the file is was not said');
  if (sizeBytes > maximumFileBytes) {
    throw new QTChatError('ERR_USAGE', 'the file is too large for the window', {
      hint: 'Send it from the terminal, by its path',
    });
  }
  return sizeBytes;
}

function foreseen(error: unknown): QTChatError {
  if (error instanceof QTChatError) return error;
  return new QTChatError('ERR_INTERNAL', 'something unforeseen went wrong', { cause: error });
}

function statusOf(code: QTChatError['code']): number {
  if (code === 'ERR_USAGE') return 400;
  if (code === 'ERR_CONTACT_NOT_FOUND') return 404;
  if (code === 'ERR_PEER_BLOCKED') return 409;
  return code === 'ERR_STORE_NO_SPACE' ? 507 : 500;
}
