/**
 * What can be done with files, and what a session needs for them. What is to be sent is on disk until it has arrived,
 * where this process takes files too; a one-shot command that fails says so, and its user sends again.
 */
import { randomUUID } from 'node:crypto';
import { basename, resolve } from 'node:path';
import type { Duplex } from 'node:stream';
import { QTChatError } from '../errors.js';
import { checkSource } from '../files/source-file.js';
import type { ArrivedFiles } from '../store/arrived-files.js';
import type { ReadableFile } from '../store/arriving-file.js';
import { DownloadFolder } from '../store/downloads.js';
import type { FileRecord } from '../store/file-record.js';
import type { OutgoingFiles } from '../store/outgoing-files.js';
import type { DialOptions } from '../transport/dial.js';
import { fileToken } from '../transport/exporter.js';
import { FileDoor, openFileConnection } from '../transport/file-door.js';
import type { PeerConnection } from '../transport/peer-connection.js';
import type { Links } from './links.js';
import type { ConversationOptions } from './options.js';
import type { PeerSessionOptions } from './peer-session.js';
import type { RunningWork } from './running-work.js';

/** What {@link FileIntents} needs. */
export interface FileIntentsOptions
  extends Pick<ConversationOptions, 'capabilities' | 'downloads' | 'decideOffer' | 'decideConnections' | 'onEvent'> {
  readonly outgoing: OutgoingFiles;
  readonly arrived: ArrivedFiles;
  readonly links: Links;
  readonly work: RunningWork;
  /** Rejects where a member is not to be told anything. */
  readonly checkMember: (member: string) => Promise<void>;
  /** How connections are dialled now. */
  readonly trust: () => Omit<DialOptions, 'protocol' | 'signal'>;
}

/** The files of one conversation. */
export class FileIntents {
  readonly #options: FileIntentsOptions;
  readonly #downloads: DownloadFolder;
  readonly #door = new FileDoor();

  constructor(options: FileIntentsOptions) {
    this.#options = options;
    this.#downloads = new DownloadFolder(options.downloads, options.arrived);
  }

  /**
   * Offers a file to a member, now or when the member is here; what is not sent when all ends then goes with the
   * next conversation.
   *
   * @throws {QTChatError} `ERR_STORE_NOT_FOUND`, `ERR_STORE_UNREADABLE`, `ERR_PEER_BLOCKED`
   */
  async send(member: string, path: string): Promise<void> {
    const { outgoing, links, checkMember } = this.#options;
    await checkMember(member);
    const absolute = resolve(path);
    await checkSource(absolute);
    const recordId = this.#areKept ? randomUUID() : undefined;
    if (recordId !== undefined) await outgoing.add({ id: recordId, member, path: absolute });
    this.#options.onEvent({ type: 'outgoingFile', member, name: basename(absolute), path: absolute });
    await links.of(member).offer({ path: absolute, vainAttempts: 0, ...(recordId !== undefined && { recordId }) });
  }

  /** The paths of all files that are to be sent from this home, by whichever process. */
  outgoingPaths(): Promise<ReadonlySet<string>> {
    return this.#options.outgoing.allPaths();
  }

  /** Offers what processes of this home that have ended have left. */
  async takeOver(): Promise<void> {
    if (!this.#areKept) return;
    const { outgoing, links, onEvent } = this.#options;
    for (const { id, member, path, transfer } of await outgoing.takeOver()) {
      const broken = transfer === undefined ? {} : { brokenId: transfer };
      onEvent({ type: 'outgoingFile', member, name: basename(path), path });
      await links.of(member).offer({ path, recordId: id, vainAttempts: 0, ...broken });
    }
  }

  /** Takes or refuses an offered file; without an id, the first one that waits for an answer. */
  answer(answer: 'accept' | 'decline', id?: string): boolean {
    return this.#options.links.answerOffer(answer, id);
  }

  /**
   * Ends files of a member in either direction, for good.
   *
   * @param which - name of the files, or id of one; all files when left out
   * @returns how many there were
   */
  cancel(member: string, which?: string): number {
    const { outgoing, links, work, onEvent } = this.#options;
    const { count, waiting } = links.of(member).cancel(which);
    for (const { path, recordId = '', brokenId: id = recordId, source } of waiting) {
      work.add(outgoing.remove(recordId));
      const folder = source?.isFolder ? { isFolder: true as const } : {};
      const file = {
        id,
        direction: 'out',
        name: basename(path),
        sizeBytes: source?.sizeBytes ?? 0,
        ...folder,
      } as const;
      onEvent({ type: 'outgoingFileOver', member, path, hasArrived: false });
      onEvent({ type: 'fileFailed', member, file, error: new QTChatError('ERR_CANCELLED', 'it was cancelled') });
    }
    return count;
  }

  /**
   * Pauses files of a member in either direction, or lets them go on; until they arrive, or this process ends.
   *
   * @param which - name of the files, or id of one; all files when left out
   * @returns how many there were
   */
  pause(member: string, isOn: boolean, which?: string): number {
    return this.#options.links.of(member).pause(isOn, which);
  }

  /**
   * Opens an arriving file for someone who does not wait until all of it is there: what is read is asked for first. Who
   * opens it closes it; it can be read on when the file has arrived, and no more once its transfer has failed.
   *
   * @returns undefined where it is not arriving; what was there before a break is compared first
   * @throws {QTChatError} `ERR_STORE_NOT_FOUND`, `ERR_STORE_PERMISSIONS`
   */
  open(member: string, id: string): Promise<ReadableFile | undefined> {
    return this.#options.links.of(member).open(id);
  }

  /** A file that has arrived, here or at the member; undefined where none of that transfer has. */
  arrived(member: string, id: string): Promise<FileRecord | undefined> {
    return this.#options.links.of(member).store.findFile(id);
  }

  /** Takes an inbound file connection, or closes it; see {@link FileDoor.admit}. */
  admit(connection: PeerConnection): Promise<void> {
    return this.#door.admit(connection);
  }

  /** What a session needs for files. */
  ofSession(connection: PeerConnection): PeerSessionOptions['files'] {
    const { capabilities, decideOffer, decideConnections, outgoing, links, work, onEvent } = this.#options;
    const { circleId, member } = connection.peer;
    return {
      peer: `${circleId}/${member}`,
      folder: this.#downloads,
      decide: ({ sizeBytes }) => (capabilities.includes('files') ? decideOffer({ member, sizeBytes }) : 'unsupported'),
      connect: (id, signal, number) => this.#connect(connection, id, signal, number),
      ...(decideConnections && { decideConnections }),
      begins: async ({ recordId }, id) => {
        if (recordId !== undefined) await outgoing.begin(recordId, id);
      },
      again: (file) => links.of(member).offerAgain(file),
      over: ({ recordId, path }, hasArrived) => {
        if (recordId !== undefined) work.add(outgoing.remove(recordId));
        onEvent({ type: 'outgoingFileOver', member, path, hasArrived });
      },
    };
  }

  async #connect(connection: PeerConnection, id: string, signal: AbortSignal, number: number): Promise<Duplex> {
    const token = fileToken(connection.socket, id, number);
    if (!connection.dialled) return this.#door.expect(id, token, connection.peer.spkiSha256, signal);
    const how = { ...this.#options.trust(), signal };
    return openFileConnection(connection, connection.remote, { id, token }, how);
  }

  get #areKept(): boolean {
    return this.#options.capabilities.includes('files');
  }
}
