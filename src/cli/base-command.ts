/**
 * The base of every command: global flags, results on stdout, everything else on stderr, errors as
 * one line (or one JSON object) with the documented exit code. Commands parse, call one function,
 * and print; the work itself lives elsewhere.
 */
import { resolve } from 'node:path';
import { Command, Flags } from '@oclif/core';
import { escapeControls, messageOf, QTChatError } from '../errors.js';
import type { Home } from '../store/home.js';
import { type Deps, systemDeps } from './deps.js';

/** The base of every command. */
export abstract class BaseCommand extends Command {
  static override baseFlags = {
    home: Flags.string({
      description: 'folder that holds keys, ledger and history (default ~/.qtchat)',
      helpValue: 'DIR',
    }),
  };

  static override enableJsonFlag = true;

  /** The world the command runs in; tests replace it before the command runs. */
  world: Deps | undefined;

  /** The world the command runs in. */
  protected get deps(): Deps {
    this.world ??= systemDeps();
    // A program that reads JSON watches nothing turn, though it may have lent us its terminal.
    return this.#printsJson() ? { ...this.world, busyAfterMs: Number.POSITIVE_INFINITY } : this.world;
  }

  /**
   * The home: `--home`, else `QTCHAT_HOME`, else the default.
   *
   * @throws {QTChatError} `ERR_USAGE` for an empty `--home`: a variable that is not set must not put keys into the
   *   current folder
   */
  protected homeOf(flags: { home?: string | undefined }): Home {
    if (flags.home === '')
      throw new QTChatError('ERR_USAGE', '--home is empty', { hint: 'Name a folder, or leave it out' });
    const { deps } = this;
    return {
      folder: resolve(flags.home ?? (deps.env.QTCHAT_HOME || deps.defaultHome)),
      databasePassword: async () => (await import('./password.js')).givenPassword({ purpose: 'database', deps }),
    };
  }

  /** Writes a line, or several, of the result to stdout, with control characters escaped; nothing under `--json`. */
  protected print(text: string): void {
    if (!this.jsonEnabled()) this.deps.stdout.write(`${shown(text)}\n`);
  }

  /** Writes one line beside the result (progress, advice, warning) to stderr, as {@link print} does. */
  protected note(line: string): void {
    if (!this.jsonEnabled()) this.deps.stderr.write(`${shown(line)}\n`);
  }

  /** Writes one JSON line to stdout: the form of long-running commands under `--json`. */
  protected printJsonLine(value: object): void {
    this.deps.stdout.write(`${JSON.stringify(value)}\n`);
  }

  /**
   * Answers `--explain`: prints the equal openssl commands. True when there is nothing more to do.
   *
   * @throws {QTChatError} what `explain` throws
   */
  protected async explained(typed: {
    args: Readonly<Record<string, unknown>>;
    flags: Readonly<Record<string, unknown>> & { explain: boolean; home?: string | undefined };
  }): Promise<boolean> {
    if (!typed.flags.explain) return false;
    const { explain } = await import('./explain/explain.js');
    const { clock, loginName, signal } = this.deps;
    const world = { home: this.homeOf(typed.flags), clock, loginName, signal };
    const commands = await explain(this.ctor.id, { ...typed, ...world });
    for (const command of commands) this.print(command);
    if (this.jsonEnabled()) this.logJson({ commands });
    return true;
  }

  override logJson(value: unknown): void {
    this.deps.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  override warn(input: string | Error): string | Error {
    this.note(`Warning: ${input instanceof Error ? input.message : input}`);
    return input;
  }

  override async catch(error: Error): Promise<void> {
    const known = foreseen(error, this.id ?? '');
    this.deps.setExitCode(known.exitCode);
    if (this.jsonEnabled()) this.logJson(this.toErrorJson(known));
    else if (this.#writesJsonLines()) this.printJsonLine(this.toErrorJson(known));
    else this.deps.stderr.write(`${errorLine(known)}\n`);
    this.deps.stderr.write(whereItHappened(known, this.deps.env));
  }

  override toErrorJson(error: QTChatError): object {
    return errorObject(error);
  }

  #printsJson(): boolean {
    return this.jsonEnabled() || this.#writesJsonLines();
  }

  // Flags may not have been parsed when something fails.
  #writesJsonLines(): boolean {
    return this.ctor.enableJsonFlag === false && asksForJson(this.argv);
  }
}

/** Text with every control character escaped but the ends of its lines. */
function shown(text: string): string {
  return text.split('\n').map(escapeControls).join('\n');
}

/** What `--json` says of a failure. */
export function errorObject({ code, message, hint }: QTChatError): object {
  return { error: { code, message, hint: hint ?? null } };
}

/** Tells whether `--json` was given, in arguments that may not have been parsed. */
export function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end === -1 ? argv : argv.slice(0, end)).includes('--json');
}

/** The one line that people see of a failure: what is wrong, then what to do. */
export function errorLine(error: QTChatError): string {
  const text = `Error: ${error.message}`;
  return escapeControls(error.hint === undefined ? text : `${text}. ${error.hint}`);
}

/** For those who set QTCHAT_DEBUG: where something unforeseen happened; nothing of all other errors. */
export function whereItHappened(
  { code, cause }: QTChatError,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const isWanted = code === 'ERR_INTERNAL' && env.QTCHAT_DEBUG && cause instanceof Error;
  return isWanted ? `${cause.stack}\n` : '';
}

/** Turns whatever was thrown into an error with one of our codes; usage errors of oclif among them. */
export function foreseen(error: unknown, commandId: string): QTChatError {
  if (error instanceof QTChatError) return error;
  if (error instanceof Error && 'oclif' in error) {
    const help = ['qtchat', ...commandId.split(':').filter(Boolean), '--help'].join(' ');
    const message = usageMessage(error.message);
    return new QTChatError('ERR_USAGE', message, { hint: `See ${help}`, cause: error });
  }
  const text = messageOf(error);
  return new QTChatError('ERR_INTERNAL', `something unforeseen went wrong: ${text}`, {
    hint: 'Set QTCHAT_DEBUG=1 to see where, and please report it',
    cause: error,
  });
}

// What oclif says on several lines, as one: without its titles and the advice that --help gives better.
function usageMessage(message: string): string {
  const lines = message
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(See more help|Note:|Alternatively,)/.test(line))
    .map((line) => line.replace(/^The following errors? occurred:\s*/, '').replace(/^Nonexistent flag/, 'no such flag'))
    .map((line) => line.replace(/^Parsing (--\S+)$/, '$1:').replace(/^Missing \d+ required args?:$/, 'missing:'))
    .map((line) => line.replace(/^Missing required flag (\S+)$/, 'missing: --$1'))
    .map((line) => line.replace(/^Unexpected arguments?: (.*)$/, 'too much: $1 (what has spaces belongs in quotes)'))
    .map((line) =>
      line.replace(/^([a-z]+) {2,}(.*)$/, (_, name: string, what: string) => `${name.toUpperCase()} (${what})`),
    );
  const text = lines.filter((line) => line !== '').join('; ');
  return text.replaceAll(':;', ':').replace(/[.:]+$/, '');
}
