/** `listen`: receives without anybody at the screen, until it is stopped; a program may be run for what arrives. */
import { once } from 'node:events';
import { resolve } from 'node:path';
import { openConversation } from '../../conversation/conversation.js';
import type { ConversationEvent } from '../../conversation/events.js';
import { parseListen } from '../../conversation/listen-at.js';
import { QTChatError } from '../../errors.js';
import type { Home } from '../../store/home.js';
import { checkWritableFolder } from '../../store/private-file.js';
import { announceRunning } from '../../store/running.js';
import { findProgram } from '../../ui/exec/find-program.js';
import { type ExecEvent, ProgramRunner } from '../../ui/exec/program-runner.js';
import { splitCommand } from '../../ui/exec/split-command.js';
import { parseSize } from '../../ui/text/size.js';
import type { Deps } from '../deps.js';
import type { OpenIdentity } from '../identity/open-identity.js';

/** How to receive. */
export interface ReceiveOptions {
  readonly openIdentity: OpenIdentity;
  /** Folder for received files. */
  readonly save: string;
  /** Value of `--listen`. */
  readonly listen?: string | undefined;
  /** Value of `--quota`. */
  readonly quota?: string | undefined;
  /** Lets members find us by name. */
  readonly announce: boolean;
  /** The only members to let in, as typed; everybody when left out. */
  readonly from?: readonly string[] | undefined;
  /** Value of `--exec`. */
  readonly exec?: string | undefined;
  readonly requireFreshCrl: boolean;
  readonly requirePostQuantum: boolean;
  readonly onEvent: (event: ConversationEvent | ExecEvent) => void;
}

/**
 * Receives until the signal aborts.
 *
 * @throws {QTChatError} `ERR_USAGE`, `ERR_STORE_…`, and what listening and the conversation throw
 */
export async function receive(home: Home, options: ReceiveOptions, deps: Deps): Promise<void> {
  const { clock, random, signal, lan } = deps;
  const { announce, from, onEvent, requireFreshCrl, requirePostQuantum } = options;
  const quota = options.quota === undefined ? {} : { bytes: parseSize(options.quota, '--quota') };
  const runner = await prepareProgram(home, options, deps);
  if (options.save === '') {
    throw new QTChatError('ERR_USAGE', '--save is empty', { hint: 'Name a folder; . is the one you are in' });
  }
  const downloads = resolve(options.save);
  // Nobody is there to see a later complaint.
  await checkWritableFolder(downloads);
  const stopped = new AbortController();
  const conversation = await openConversation({
    home,
    identity: await options.openIdentity(),
    clock,
    random,
    signal,
    lan,
    announce,
    quota,
    listen: parseListen(options.listen),
    ...(from !== undefined && { from }),
    keepIdentity: {},
    requireFreshCrl,
    requirePostQuantum,
    capabilities: ['text', 'files'],
    downloads,
    decideOffer: () => (runner?.isFull ? 'busy' : 'accept'),
    onEvent: (event) => {
      if (event.type === 'stopped') stopped.abort(event.error);
      onEvent(event);
      if (event.type === 'fileDone') handOver(event, runner);
    },
  });
  const port = conversation.listeningPort ?? 0;
  const withdraw = await announceRunning(home, { service: 'listen', pid: process.pid, port });
  try {
    const end = AbortSignal.any([signal, stopped.signal]);
    if (!end.aborted) await once(end, 'abort');
    stopped.signal.throwIfAborted();
  } finally {
    await withdraw();
    await conversation.close();
    await runner?.close();
  }
}

/** Finds the program at the start: nobody is there to see a later complaint. */
async function prepareProgram(
  { folder }: Home,
  { exec, from, onEvent }: ReceiveOptions,
  { env }: Deps,
): Promise<ProgramRunner | undefined> {
  if (exec === undefined) return undefined;
  if (from === undefined) {
    throw new QTChatError('ERR_USAGE', '--exec runs a program for whatever arrives, so it needs --from', {
      hint: 'Name whose files it is for: --from alice',
    });
  }
  const { program, words } = splitCommand(exec);
  return new ProgramRunner({
    program: await findProgram(program, env),
    words,
    // Where the program calls qtchat in its turn, it is the same member who speaks.
    env: { ...env, QTCHAT_HOME: folder },
    onEvent,
  });
}

function handOver(
  { member, file, path, sha256 }: Extract<ConversationEvent, { type: 'fileDone' }>,
  runner: ProgramRunner | undefined,
): void {
  if (path === undefined) return;
  const { id, name, sizeBytes, isFolder = false } = file;
  runner?.add({ member, id, name, path, sizeBytes, isFolder, ...(sha256 !== undefined && { sha256 }) });
}
