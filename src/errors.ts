/**
 * The one error class of the product and the closed list of its codes. Callers branch on `code`,
 * people read `message` and `hint`. Printing and exiting belong to the command line, not here.
 */

/** Process exit codes, by meaning. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  exists: 4,
  wrongPassword: 5,
  network: 6,
  notTrusted: 7,
  cancelled: 130,
} as const;

/** Every code the product reports, with the exit code it leads to. `docs/ERRORS.md` explains each. */
export const errorExitCodes = {
  ERR_INTERNAL: exitCodes.failed,
  ERR_USAGE: exitCodes.usage,
  ERR_CANCELLED: exitCodes.cancelled,
  ERR_PASSWORD_REQUIRED: exitCodes.usage,
  ERR_PASSWORD_WRONG: exitCodes.wrongPassword,
  ERR_PASSWORD_UNSUITABLE: exitCodes.usage,

  ERR_PKI_NAME_INVALID: exitCodes.usage,
  ERR_PKI_SAN_INVALID: exitCodes.usage,
  ERR_PKI_KEY_TYPE: exitCodes.usage,
  ERR_PKI_KEY_INVALID: exitCodes.failed,
  ERR_PKI_VALIDITY: exitCodes.usage,
  ERR_PKI_TEMPLATE_INVALID: exitCodes.failed,
  ERR_PKI_PLAN_REFUSED: exitCodes.notTrusted,
  ERR_PKI_CSR_REFUSED: exitCodes.notTrusted,
  ERR_PKI_CERTIFICATE_INVALID: exitCodes.failed,
  ERR_PKI_CRL_INVALID: exitCodes.failed,
  ERR_PKI_PATH_INVALID: exitCodes.notTrusted,
  ERR_PKI_PFX_INVALID: exitCodes.failed,
  ERR_PKI_PFX_REFUSED: exitCodes.notTrusted,

  ERR_STORE_EXISTS: exitCodes.exists,
  ERR_STORE_NOT_FOUND: exitCodes.notFound,
  ERR_STORE_UNWRITABLE: exitCodes.failed,
  ERR_STORE_PERMISSIONS: exitCodes.failed,
  ERR_STORE_UNREADABLE: exitCodes.failed,
  ERR_STORE_NO_SPACE: exitCodes.failed,
  ERR_STORE_DAMAGED: exitCodes.failed,
  ERR_STORE_NO_CA: exitCodes.notFound,
  ERR_STORE_NO_IDENTITY: exitCodes.notFound,

  ERR_LEDGER_DAMAGED: exitCodes.failed,
  ERR_LEDGER_BUSY: exitCodes.failed,
  ERR_LEDGER_UNREACHABLE: exitCodes.network,
  ERR_LEDGER_REFUSED: exitCodes.notTrusted,
  ERR_LEDGER_NAME_TAKEN: exitCodes.exists,
  ERR_LEDGER_KEY_TAKEN: exitCodes.exists,
  ERR_LEDGER_NOT_FOUND: exitCodes.notFound,
  ERR_SIGNER_GONE: exitCodes.failed,

  ERR_ENROLL_INVITE_INVALID: exitCodes.usage,
  ERR_ENROLL_UNREACHABLE: exitCodes.network,
  ERR_ENROLL_REFUSED: exitCodes.notTrusted,
  ERR_ENROLL_TAMPERED: exitCodes.notTrusted,
  ERR_ENROLL_BUSY: exitCodes.network,
  ERR_ENROLL_HELD: exitCodes.notTrusted,

  ERR_NOISE_STATE: exitCodes.failed,
  ERR_NOISE_AUTHENTICATION: exitCodes.notTrusted,

  ERR_PORT_IN_USE: exitCodes.network,
  ERR_ADDRESS_UNAVAILABLE: exitCodes.network,
  ERR_PEER_UNREACHABLE: exitCodes.network,
  ERR_PEER_REFUSED: exitCodes.notTrusted,
  ERR_PEER_IS_OURSELVES: exitCodes.network,
  ERR_PEER_NOT_TRUSTED: exitCodes.notTrusted,
  ERR_PEER_BLOCKED: exitCodes.notTrusted,
  ERR_PEER_QUOTA: exitCodes.notTrusted,
  ERR_PROTOCOL: exitCodes.network,

  ERR_CONTACT_NOT_FOUND: exitCodes.notFound,
  ERR_CONTACT_NAME_TAKEN: exitCodes.exists,
  ERR_CONTACT_KEY_UNKNOWN: exitCodes.notFound,
  ERR_MESSAGE_NOT_FOUND: exitCodes.notFound,
  ERR_MESSAGE_NOT_YOURS: exitCodes.notTrusted,

  ERR_FILE_DECLINED: exitCodes.notTrusted,
  ERR_FILE_FAILED: exitCodes.failed,
  ERR_FILE_DIGEST: exitCodes.failed,
  ERR_FILE_INTERRUPTED: exitCodes.network,
  ERR_PICTURE_NOT_SHOWN: exitCodes.failed,
  ERR_PICTURE_NO_DECODER: exitCodes.failed,
  ERR_CALL_UNAVAILABLE: exitCodes.failed,
  ERR_CALL_BUSY: exitCodes.failed,
  ERR_CALL_REFUSED: exitCodes.notTrusted,
  ERR_CALL_FAILED: exitCodes.failed,
  ERR_CALL_LIBRARY: exitCodes.failed,
  ERR_CALL_DEVICE: exitCodes.failed,
  ERR_EXEC_FAILED: exitCodes.failed,
  ERR_OPEN_FAILED: exitCodes.failed,
  ERR_DEMO_FAILED: exitCodes.failed,
} as const;

/** One of the closed list of codes. */
export type ErrorCode = keyof typeof errorExitCodes;

/** What a {@link QTChatError} may carry beside its message. */
export interface ErrorDetails {
  /** The next step, as one sentence without a full stop; printed behind the message. */
  hint?: string;
  /** The error that led to this one; never printed. */
  cause?: unknown;
}

/**
 * A failure that was foreseen: what failed, with which value, and what was expected. Values from
 * outside are quoted with {@link quote} before they enter the message; secrets never do.
 */
export class QTChatError extends Error {
  override readonly name = 'QTChatError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
  }

  /** The exit code of a process that ends with this error. */
  get exitCode(): number {
    return errorExitCodes[this.code];
  }
}

/** An error of ours as data: processes and threads pass on no classes. */
export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** An error as data; one that was not foreseen says `otherwise`, and nothing of itself. */
export function toPlainError(error: unknown, otherwise: string): PlainError {
  if (!isQTChatError(error)) return { code: 'ERR_INTERNAL', message: otherwise };
  const { code, message, hint } = error;
  return { code, message, ...(hint !== undefined && { hint }) };
}

/** The error that {@link toPlainError} was given, without its cause. */
export function fromPlainError({ code, message, hint }: PlainError): QTChatError {
  return new QTChatError(code, message, hint === undefined ? {} : { hint });
}

/** Tells whether `error` is ours, and ours with `code` where one is given. */
export function isQTChatError(error: unknown, code?: ErrorCode): error is QTChatError {
  return error instanceof QTChatError && (code === undefined || error.code === code);
}

const quotedLength = 80;

/**
 * Makes text of unknown origin fit for an error message or a log line: control, bidirectional and
 * other invisible characters are escaped, long text is cut, and the whole is put in quotes.
 */
export function quote(text: string): string {
  const cut = text.length > quotedLength ? `${text.slice(0, quotedLength)}…` : text;
  return `"${escapeControls(cut).replaceAll('"', '\\"')}"`;
}

/** Escapes every character that could move a cursor, hide text or reorder it (Unicode Cc, Cf, Zl, Zp, Cs). */
export function escapeControls(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** What an error says, whatever was thrown; not escaped. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of a Node system error such as `EADDRINUSE`, or undefined. */
export function systemErrorCode(error: unknown): string | undefined {
  // No instanceof: errors of native parts may come from another realm.
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
