/** How a file that was taken is received over its stream, compared and stored. */
import type { Duplex } from 'node:stream';
import { QTChatError } from '../errors.js';
import { type ChunkLayout, chunkDigests, digestBytes, layoutOf, type OctetRange } from '../protocol/file-chunks.js';
import { type FileRange, maximumDigests } from '../protocol/file-stream.js';
import type { Download } from '../store/download.js';
import type { DownloadFolder } from '../store/downloads.js';
import { BlockPool } from './block-pool.js';
import { FetchCrew } from './fetch-crew.js';
import { blocks, RangeFetcher } from './fetch-ranges.js';
import type { Arrival } from './file-events.js';
import { isSafeEntryName } from './file-name.js';
import { RangePlan } from './range-plan.js';
import { closeInOrder } from './stream-end.js';
import { type IncomingTransfer, isFinal, type OnProgress, proofOf } from './transfer.js';

/** What is done on the way. */
export interface ReceiveOptions {
  /** Called once it is known what is there already; returns what is called with every progress. */
  readonly started: (doneBytes: number) => OnProgress;
  /** Opens another connection to the sender; rejects where there can be none, or when `signal` aborts. */
  readonly open: (signal: AbortSignal) => Promise<Duplex>;
  /** Takes those who fetch, and may add to them; returns what ends that. */
  readonly crewed: (crew: FetchCrew) => () => void;
  /** Says to the sender that all is there, on disk, under its final name. */
  readonly confirm: () => void;
}

/**
 * Receives the file into `folder`.
 *
 * @throws {QTChatError} `ERR_FILE_INTERRUPTED`: what has arrived is kept then; `ERR_FILE_DIGEST` and `ERR_PROTOCOL` when
 *   the sender does not send what it says that it sends: nothing is left then; and as `DownloadFolder`
 */
export async function receiveTransfer(
  transfer: IncomingTransfer,
  stream: Duplex,
  folder: DownloadFolder,
  { started, open, crewed, confirm }: ReceiveOptions,
): Promise<Arrival> {
  const { file, wanted, controller, hold } = transfer;
  const interrupt = (): void => {
    controller.abort(new QTChatError('ERR_FILE_INTERRUPTED', 'the sender goes on over another connection'));
    stream.destroy();
  };
  const layout = layoutOf(wanted.sizeBytes);
  const download = await folder.begin(wanted, { id: file.id, interrupt });
  try {
    controller.signal.throwIfAborted();
    const pool = new BlockPool(download.blocks(blocks.count, blocks.sizeBytes), blocks);
    const fetcherOf = (one: Duplex): RangeFetcher => new RangeFetcher(one, layout, pool, hold);
    const fetcher = fetcherOf(stream);
    await fetcher.fetch(claimedDigests(layout, download), ({ first }, digests) => download.compare(first, digests));
    if (wanted.isFolder) download.unpack(isSafeEntryName);
    const plan = new RangePlan(layout, (index) => download.has(index));
    if (!wanted.isFolder && indexed.test(wanted.name)) plan.prefer(endsOf(layout));
    transfer.open = () => download.open((octets) => plan.prefer(octets));
    const onProgress = started(download.doneBytes);
    let root: Buffer | undefined;
    const take = async ({ kind, first, count }: FileRange, octets: Buffer): Promise<void> => {
      if (kind === 'root') {
        root = Buffer.from(octets);
        return;
      }
      const content = octets.subarray(0, octets.length - count * digestBytes);
      const digests = octets.subarray(content.length);
      if (!chunkDigests(content, layout.chunkBytes).equals(digests)) throw falsified();
      await download.write(first, content, digests);
      onProgress(download.doneBytes);
    };
    const crew = new FetchCrew(fetcher, { plan, take, fetcherOf, open, signal: controller.signal });
    const leave = crewed(crew);
    await crew.fetch().finally(leave);
    if (root === undefined || !download.digests.root().equals(root)) throw falsified();
    const path = await download.finish();
    confirm();
    closeInOrder(stream);
    return { path, ...proofOf({ digests: download.digests, layout, isFolder: wanted.isFolder }) };
  } catch (error) {
    if (isFinal(controller.signal.aborted ? controller.signal.reason : error)) {
      await download.discard();
    } else {
      await download.keep();
    }
    throw error;
  }
}

/** Films and sound that say at their end, many of them, what they hold: they play as soon as that is there. */
const indexed = /\.(?:mp4|m4v|m4a|mov|3gp|webm|mkv)$/i;

/** So much at its end holds the index of many a film. */
const indexBytes = 128 * 1024;

/** Its first octet, and its last ones. */
function endsOf({ sizeBytes }: ChunkLayout): OctetRange[] {
  return [
    { start: 0, end: 1 },
    { start: sizeBytes - indexBytes, end: sizeBytes },
  ];
}

/** The digests of what is said to be there. */
function* claimedDigests({ count: end }: ChunkLayout, download: Download): Generator<FileRange> {
  for (let first = 0; first < end; ) {
    let count = 0;
    while (count < maximumDigests && first + count < end && download.has(first + count)) count += 1;
    if (count > 0) yield { kind: 'digests', first, count };
    first += Math.max(count, 1);
  }
}

function falsified(): QTChatError {
  return new QTChatError('ERR_FILE_DIGEST', 'what came is not what was sent: its SHA-256 is another one', {
    hint: 'Have it sent again',
  });
}
