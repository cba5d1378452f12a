/** The desktop around the terminal, where there is one: what shows files and addresses. The only code that starts its programs. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, isAbsolute } from 'node:path';
import { messageOf, QTChatError, quote } from '../../errors.js';
import { findProgram } from '../exec/find-program.js';

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A desktop; tests have one that only writes down what it is told. */
export interface Desktop {
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  /**
   * Has a file or folder shown, and does not wait for the end of that.
   *
   * @param path - absolute, so that nobody takes it for an option or an address
   * @param program - absolute path of what is to show it; else the desktop chooses by the name of the file
   */
  launch(path: string, program?: string): Promise<void>;
}

/** Programs that fail do so soon; others may run as long as what they show is looked at. */
const failsWithinMs = 1_000;

/** The desktop of this process. */
export const systemDesktop: Desktop = {
  env: process.env,
  platform: process.platform,
  launch: async (path, program) => {
    if (program === undefined) {
      const { default: open } = await import('open');
      await hasNotFailed(await open(path));
      return;
    }
    // Lives on when we end, and says nothing into our terminal.
    const child = spawn(program, [path], { stdio: 'ignore', detached: true, windowsHide: true });
    await once(child, 'spawn');
    child.unref();
    await hasNotFailed(child);
  },
};

async function hasNotFailed(child: ChildProcess): Promise<void> {
  child.on('error', () => {});
  const signal = AbortSignal.timeout(failsWithinMs);
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit', { signal }).catch(() => {});
  if ((child.exitCode ?? 0) !== 0) throw new Error(`its program ended with ${child.exitCode}`);
}

/** Whether anything can be shown: over ssh, on a console and in containers there is no desktop. */
export function hasDesktop({ env, platform }: Pick<Desktop, 'env' | 'platform'>): boolean {
  if (platform === 'darwin' || platform === 'win32') return true;
  return [env.DISPLAY, env.WAYLAND_DISPLAY, env.WSL_DISTRO_NAME].some((value) => value !== undefined && value !== '');
}

/**
 * Has a path shown.
 *
 * @param hint - what the user can do instead
 * @param program - as {@link Desktop.launch}
 * @throws {QTChatError} `ERR_OPEN_FAILED`
 */
export async function launch(desktop: Desktop, path: string, hint: string, program?: string): Promise<void> {
  if (!isAbsolute(path)) throw new QTChatError('ERR_OPEN_FAILED', `${quote(path)} is no absolute path`);
  if (!hasDesktop(desktop)) {
    throw new QTChatError('ERR_OPEN_FAILED', 'there is no desktop here that could show it', { hint });
  }
  try {
    await desktop.launch(path, program);
  } catch (cause) {
    throw new QTChatError('ERR_OPEN_FAILED', `the desktop did not show it: ${messageOf(cause)}`, { hint, cause });
  }
}

/** The absolute path of the first of these programs that there is. */
export async function findAny(names: readonly string[], env: Environment): Promise<string | undefined> {
  // Where somebody is, that is: what lies there may have come from a peer.
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  for (const name of names) {
    const path = await findProgram(name, { PATH: folders.join(delimiter) }).catch(() => undefined);
    if (path !== undefined) return path;
  }
  return undefined;
}
