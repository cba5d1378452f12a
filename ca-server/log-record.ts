/**
 * What of an event goes into structured logs. Only the fields named here do, so that whatever else an object may
 * carry stays out; and text that was put together elsewhere is searched for what looks like a secret.
 */
import type { LoggedEvent } from './event.js';

/**
 * How urgent: `error`, the server could not do its work, look now; `warn`, somebody should look today; `info`, it did
 * what it is there for.
 */
export type LogLevel = 'error' | 'warn' | 'info';

/** An event as logs hold it. */
export type LogRecord = Readonly<Record<string, unknown>> & { readonly event: LoggedEvent['event'] };

type FieldOf<Event> = Event extends LoggedEvent ? Exclude<keyof Event, 'event'> : never;

interface Rule {
  readonly level: LogLevel;
  readonly fields: readonly FieldOf<LoggedEvent>[];
}

const certified = ['address', 'member', 'invite', 'serialNumber'] as const;

// The words of a request are not here: they are to be heard from the guest, not looked up.
const rules: { readonly [Kind in LoggedEvent['event']]: Rule } = {
  listening: { level: 'info', fields: ['addresses', 'port', 'tlsPort', 'metricsPort', 'circleId'] },
  database: { level: 'info', fields: ['database'] },
  stopped: { level: 'info', fields: [] },
  reserved: { level: 'info', fields: certified },
  enrolled: { level: 'info', fields: certified },
  renewed: { level: 'info', fields: ['address', 'formerSerialNumber', 'serialNumber'] },
  fetched: { level: 'info', fields: ['address', 'member', 'invite', 'download'] },
  requested: { level: 'info', fields: ['address', 'request'] },
  gone: { level: 'info', fields: ['address', 'request'] },
  unconfirmed: { level: 'warn', fields: certified },
  held: { level: 'warn', fields: ['address', 'formerSerialNumber', 'reason'] },
  revoked: { level: 'warn', fields: ['address', 'member', 'serialNumber', 'reason'] },
  refused: { level: 'warn', fields: ['address', 'reason'] },
  unannounced: { level: 'warn', fields: ['reason'] },
  unwatched: { level: 'error', fields: ['address', 'reason'] },
  failed: { level: 'error', fields: ['address', 'reason', 'requestId'] },
  'signer-ended': { level: 'error', fields: ['reason', 'again'] },
};

/** How urgent an event is. */
export function levelOf({ event }: LoggedEvent): LogLevel {
  return rules[event].level;
}

/** The record of an event. */
export function recordOf(event: LoggedEvent): LogRecord {
  const given: Readonly<Record<string, unknown>> = event;
  const entries = rules[event.event].fields.map((field) => [field, fitting(given[field])] as const);
  return { event: event.event, ...Object.fromEntries(entries) };
}

const textLimit = 300;

function fitting(value: unknown): unknown {
  return typeof value === 'string' ? withoutSecrets(value).slice(0, textLimit) : value;
}

// No message of ours has a secret in it; this is for those of libraries and systems. Serial numbers have 32 digits,
// fingerprints 64 in hex; keys, invites and passwords are longer, or mixed.
function withoutSecrets(text: string): string {
  return text
    .replace(/-----BEGIN [\s\S]*?(-----END [^-]*-----|$)/g, '[removed]')
    .replace(/qtchat1-[\w-]+/g, '[removed]')
    .replace(/(:\/\/[^\s:/@]*):[^\s@]*@/g, '$1:[removed]@')
    .replace(/\b(?![0-9a-fA-F]+\b)[\w+-]{40,}=*/g, '[removed]');
}
