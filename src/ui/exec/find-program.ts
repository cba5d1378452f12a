/** Finds the program of `--exec` once, at the start: later, peers' files may lie where somebody looks for programs. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { QTChatError, quote } from '../../errors.js';

/**
 * The absolute path of a program, as typed with a folder, or else found in `PATH`.
 *
 * @throws {QTChatError} `ERR_STORE_NOT_FOUND`
 */
export async function findProgram(name: string, env: Readonly<Record<string, string | undefined>>): Promise<string> {
  const isWindows = process.platform === 'win32';
  const isPath = name.includes('/') || (isWindows && name.includes('\\'));
  const folders = isPath ? ['.'] : (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const endings = isWindows ? ['', '.exe', '.com'] : [''];
  for (const folder of folders) {
    for (const ending of endings) {
      const path = isPath ? resolve(name + ending) : resolve(join(folder, name + ending));
      if (await isProgram(path)) return path;
    }
  }
  throw new QTChatError('ERR_STORE_NOT_FOUND', `there is no program ${quote(name)} that may be run`, {
    hint: 'Give its whole path to --exec; a script needs its first line (#!/bin/sh) and chmod +x',
  });
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
