/** Starts oclif. With nothing asked for, the answer is `status`: who I am here and what to do next. */
import { Errors, run, settings } from '@oclif/core';
import { asksForJson, errorLine, errorObject, foreseen, whereItHappened } from './cli/base-command.js';
import { unknownCommand } from './cli/unknown-command.js';

const globalFlags = /^--(json|home(=.*)?)$/;

/**
 * Runs the command line of this process.
 *
 * @param url - `import.meta.url` of the starting script, from which oclif finds the package
 */
export async function main(url: string): Promise<void> {
  settings.performanceEnabled = false;
  // Nobody is left who could go on.
  process.on('uncaughtException', (error) => {
    report(error);
    process.exit();
  });
  try {
    await run(withDefaultCommand(process.argv.slice(2)), url);
  } catch (error) {
    if (error instanceof Errors.ExitError) process.exitCode = error.oclif.exit ?? 0;
    else report((await unknownCommand(error, url)) ?? error);
  }
}

/** Says what went wrong, and sets the exit code. */
function report(error: unknown): void {
  const known = foreseen(error, '');
  process.exitCode = known.exitCode;
  if (asksForJson(process.argv)) process.stdout.write(`${JSON.stringify(errorObject(known), null, 2)}\n`);
  else process.stderr.write(`${errorLine(known)}\n`);
  process.stderr.write(whereItHappened(known, process.env));
}

function withDefaultCommand(argv: string[]): string[] {
  const first = argv[0];
  if (first === undefined || globalFlags.test(first)) return ['status', ...argv];
  return argv;
}
