/** What a file and a folder have in common when they are sent. Types only. */

/** Reads content from anywhere. */
export interface SourceReader {
  /**
   * Fills `target` from `position` on.
   *
   * @throws {QTChatError} `ERR_FILE_DIGEST` when the content ends before, or has changed
   */
  read(target: Buffer, position: number): Promise<void>;
  /**
   * Makes sure that what was read so far is still what was looked at.
   *
   * @throws {QTChatError} `ERR_FILE_DIGEST` when it is not
   */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** Content that has been looked at and not read. */
export interface SourceContent {
  readonly sizeBytes: number;
  /** Another one when the content seems to have changed. */
  readonly fingerprint: string;
  open(): Promise<SourceReader>;
}
