/** A command as typed, before anything is done with it. */
import type { Home } from '../../store/home.js';

/** What was typed, parsed by the command's own rules. */
export interface Typed {
  readonly args: Readonly<Record<string, unknown>>;
  readonly flags: Readonly<Record<string, unknown>>;
  readonly home: Home;
  readonly loginName: string;
  /** The present time. */
  readonly clock: () => Date;
  /** Ends the waiting for a pipe. */
  readonly signal: AbortSignal;
}

/** The value of an argument or flag that is one text; undefined when it was left out. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The values of a flag that may be repeated. */
export function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** The value of a flag that is a number, or what it is without it. */
export function numberOf(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
