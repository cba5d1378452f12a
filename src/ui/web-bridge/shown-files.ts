/** Pictures, sound and films in the window: which file a page means, and where its octets are now. */
import type { Conversation } from '../../conversation/conversation.js';
import { QTChatError } from '../../errors.js';
import { openStoredFile, type ReadableFile } from '../../store/arriving-file.js';
import type { BookedFile, FileBook } from '../commands/file-book.js';
import type { MediaAddress, MediaRoute, OpenMedia } from '../media-route/media-route.js';
import { picturePixels } from '../picture-pixels.js';
import { openNow } from '../read-now.js';

/** What a picture of more would take of the browser's memory hangs the window. */
const mostPixels = 100_000_000;

/** The files that pages show. */
export class ShownFiles {
  readonly #route: MediaRoute;
  readonly #files: FileBook;
  /** Those that have an address: another tab, or the same one loaded anew, is given the same. */
  readonly #addresses = new Map<string, Promise<MediaAddress>>();

  constructor(route: MediaRoute, files: FileBook) {
    this.#route = route;
    this.#files = files;
  }

  /**
   * Where a page finds a file, as soon as its beginning is there.
   *
   * @param id - of its transfer
   * @throws {QTChatError} `ERR_OPEN_FAILED`, `ERR_STORE_…`
   */
  async address(conversation: Conversation, member: string, id: string): Promise<MediaAddress> {
    const key = `${member}/${id}`;
    const known = await this.#addresses.get(key);
    if (known !== undefined && this.#route.knows(known.url)) return known;
    const open = await this.#opener(conversation, member, id);
    if (open === undefined) throw new QTChatError('ERR_OPEN_FAILED', 'there is no such file here');
    const added = this.#route.add(() => opened(open));
    this.#addresses.set(key, added);
    added.catch(() => this.#addresses.delete(key));
    return added;
  }

  async #opener(conversation: Conversation, member: string, id: string): Promise<OpenMedia | undefined> {
    const booked = this.#files.all.find((one) => one.member === member && one.id === id);
    // It arrives while it is played, or goes on with another transfer.
    if (booked !== undefined) return () => openBooked(this.#files.asItIs(booked), conversation);
    const file = await conversation.files.arrived(member, id);
    return file === undefined || file.isFolder ? undefined : () => openStoredFile(file.path);
  }
}

async function opened(open: OpenMedia): Promise<ReadableFile | undefined> {
  const file = await open();
  if (file === undefined) return undefined;
  try {
    // What is waited for comes, or its transfer ends.
    const isTooLarge = (await picturePixels(file, new AbortController().signal)) > mostPixels;
    if (isTooLarge)
      throw new QTChatError('ERR_OPEN_FAILED', 'the picture has more than 100 million pixels, or hides how many');
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openBooked(file: BookedFile, conversation: Conversation): Promise<ReadableFile | undefined> {
  return file.isFolder ? undefined : openNow(file, conversation.files);
}
