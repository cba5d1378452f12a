/**
 * Writes to an unfinished file: past the page cache where the system allows it and the file is long.
 * A gigabyte in the page cache costs more time than all the rest of a transfer, drives out what other
 * programs have there, and has to be flushed in the end.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { systemErrorCode } from '../errors.js';
import { explainingWrite } from './file-error.js';

/** Shorter ones are looked at soon, and are flushed in no time. */
const directFromBytes = 32 * 1024 * 1024;
/** What position, length and memory of such a write must be multiples of: no disk has larger blocks. */
const alignmentBytes = 4096;
const wasmPageBytes = 64 * 1024;
declare const WebAssembly: {
  readonly Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
};

/** Writes to one file, in any order, several at a time. */
export class PartWriter {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #direct: FileHandle | undefined;

  private constructor(path: string, handle: FileHandle, direct: FileHandle | undefined) {
    this.#path = path;
    this.#handle = handle;
    this.#direct = direct;
  }

  /**
   * @param handle - of the file, which stays the caller's
   * @param sizeBytes - what the file will have in the end
   */
  static async open(path: string, handle: FileHandle, sizeBytes: number): Promise<PartWriter> {
    // Absent on macOS and Windows, refused by some file systems.
    const { O_DIRECT: direct, O_WRONLY, O_NOFOLLOW = 0 } = constants;
    const isWorthIt = direct !== undefined && sizeBytes >= directFromBytes;
    const found = isWorthIt ? await open(path, O_WRONLY | O_NOFOLLOW | direct).catch(() => undefined) : undefined;
    return new PartWriter(path, handle, found);
  }

  /** `count` blocks that can be written as fast as possible; none where any block will do. */
  blocks(count: number, sizeBytes: number): Buffer[] {
    if (this.#direct === undefined) return [];
    // Memory of WebAssembly begins on a page; no other way to such memory is open to a program.
    const pages = Math.ceil(sizeBytes / wasmPageBytes);
    const memory = new WebAssembly.Memory({ initial: pages * count, maximum: pages * count });
    return Array.from({ length: count }, (_, index) =>
      Buffer.from(memory.buffer, index * pages * wasmPageBytes, sizeBytes),
    );
  }

  /** @throws {QTChatError} `ERR_STORE_UNWRITABLE`, `ERR_STORE_NO_SPACE` */
  async write(octets: Buffer, position: number): Promise<void> {
    const isAligned = octets.length % alignmentBytes === 0 && position % alignmentBytes === 0;
    await explainingWrite(this.#path, async () => {
      if (isAligned && (await this.#writeDirectly(octets, position))) return;
      await writeFully(this.#handle, octets, position);
    });
  }

  /** Lets go of what {@link open} has opened. */
  async close(): Promise<void> {
    await this.#direct?.close().catch(() => {});
  }

  async #writeDirectly(octets: Buffer, position: number): Promise<boolean> {
    if (this.#direct === undefined) return false;
    try {
      await writeFully(this.#direct, octets, position);
      return true;
    } catch (error) {
      // This file system, or this memory, is not fit for it: then as everybody does.
      if (systemErrorCode(error) === 'EINVAL') return false;
      throw error;
    }
  }
}

// A full disk or a signal may cut a write short; the next one then says why.
async function writeFully(handle: FileHandle, octets: Buffer, position: number): Promise<void> {
  for (let written = 0; written < octets.length; ) {
    written += (await handle.write(octets, written, octets.length - written, position + written)).bytesWritten;
  }
}
