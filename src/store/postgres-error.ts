/** Says in our words what went wrong between us and a PostgreSQL server. */
import { type ErrorCode, isQTChatError, QTChatError, quote, systemErrorCode } from '../errors.js';

interface Explanation {
  readonly code: ErrorCode;
  readonly what: string;
  readonly hint: string;
}

const unreachable: Explanation = {
  code: 'ERR_LEDGER_UNREACHABLE',
  what: 'the database server cannot be reached, or was lost on the way',
  hint: 'Check that it runs, and that host and port are right',
};
const wrongPassword: Explanation = {
  code: 'ERR_PASSWORD_WRONG',
  what: 'the database server does not accept the password, or wants one',
  hint: 'Give it with --database-password-file or PGPASSFILE',
};
const refused: Explanation = {
  code: 'ERR_LEDGER_REFUSED',
  what: 'the database server refuses us',
  hint: 'Check that user and database exist, and that the user owns the database',
};
const busy: Explanation = {
  code: 'ERR_LEDGER_BUSY',
  what: 'the database was busy for too long',
  hint: 'Try again when the others have finished',
};
const full: Explanation = {
  code: 'ERR_STORE_UNWRITABLE',
  what: 'the database cannot be written',
  hint: "Check the server's disk, and that it is not a read-only copy",
};

/** By SQLSTATE, or the class that its first two characters are (PostgreSQL, appendix A). */
const explanations: Readonly<Record<string, Explanation>> = {
  '08': unreachable,
  '57P': unreachable,
  '53300': unreachable,
  '28P01': wrongPassword,
  '28': refused,
  '3D': refused,
  '3F': refused,
  '42501': refused,
  '25006': full,
  '53': full,
  '55P03': busy,
  '40P01': busy,
};

/**
 * The error to throw for one that `pg` gave. Ours and those of broken constraints stay as they are.
 *
 * @param shown - server and database, for the message
 */
export function explainPostgresError(error: unknown, shown: string): unknown {
  if (isQTChatError(error)) return error;
  const code = systemErrorCode(error);
  const explanation = code === undefined ? explainWithoutCode(error) : explainCode(code);
  if (explanation === undefined) return error;
  const { what, hint } = explanation;
  return new QTChatError(explanation.code, `${what}: ${quote(shown)}${code === undefined ? '' : ` (${code})`}`, {
    hint,
    cause: error,
  });
}

function explainCode(code: string): Explanation | undefined {
  if (/^(?!E)[0-9A-Z]{5}$/.test(code)) {
    return explanations[code] ?? explanations[code.slice(0, 3)] ?? explanations[code.slice(0, 2)];
  }
  // Everything else is the system's or TLS's: ECONNREFUSED, ENOTFOUND, CERT_HAS_EXPIRED, ….
  return unreachable;
}

function explainWithoutCode(error: unknown): Explanation | undefined {
  const message = error instanceof Error || (typeof error === 'object' && error !== null) ? String(error) : '';
  if (/password/i.test(message)) return wrongPassword;
  if (/timeout|terminated|connection|SSL/i.test(message)) return unreachable;
  return undefined;
}
