/** What a file and a folder have in common when they are sent. Types only. */

/** Reads content from anywhere. */
export interface SourceReader {
  /**
   * Fills `target` from `position` on.
   *
   * @throws {QTChatError} `ERR_FILE_FAILED` when the content ends before
   */
  read(target: Buffer, position: number): Promise<void>;
  close(): Promise<void>;
}

/** Content whose digests are not known yet. */
export interface SourceContent {
  readonly sizeBytes: number;
  /** Changes when the content seems to have changed. */
  readonly fingerprint: string;
  open(): Promise<SourceReader>;
}
