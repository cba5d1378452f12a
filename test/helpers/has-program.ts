/** Whether a program nobody here wrote is installed. */
import { spawnSync } from 'node:child_process';

/** Tells whether `program` can be found on the PATH. */
export function hasProgram(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}
