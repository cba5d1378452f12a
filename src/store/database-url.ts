/** Reads the URL of a PostgreSQL database. It carries no password, and every part of it is understood or refused. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { ClientConfig } from 'pg';
import { QTChatError, quote } from '../errors.js';

/** A checked URL. */
export interface DatabaseUrl {
  /** Server and database, for messages. */
  readonly shown: string;
  /** What `pg` connects with; the password is missing. */
  readonly connection: ClientConfig;
}

const knownParameters = ['host', 'schema', 'sslmode', 'sslrootcert'];

/**
 * Reads `postgres://USER@HOST[:PORT]/DATABASE`, with these parameters behind `?`: `host`, the folder of a Unix
 * socket; `schema`, in which the tables are (else the user's default); `sslmode`, `verify-full` or `disable`;
 * `sslrootcert`, a PEM file of the CAs to trust.
 *
 * TLS with a verified certificate is the default, except on this machine: Unix sockets and loopback.
 *
 * @throws {QTChatError} `ERR_USAGE`; the message never shows a password
 */
export function parseDatabaseUrl(text: string): DatabaseUrl {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol)) {
    // Not quoted: what cannot be read may hold a password anywhere.
    throw refused('the database URL cannot be read: expected postgres://USER@HOST/DATABASE');
  }
  if (url.password !== '' || url.searchParams.has('password')) {
    throw new QTChatError('ERR_USAGE', 'the database URL carries a password, which everyone on this machine can see', {
      hint: 'Take it out of the URL, and give --database-password-file or PGPASSFILE',
    });
  }
  const unknown = [...url.searchParams.keys()].find((name) => !knownParameters.includes(name));
  if (unknown !== undefined) {
    throw refused(
      `the database URL has the unknown parameter ${quote(unknown)}: expected ${knownParameters.join(', ')}`,
    );
  }
  const database = decode(url.pathname.slice(1));
  if (database === '' || url.hash !== '') throw refused('the database URL names no database: expected …@HOST/DATABASE');
  const host = url.searchParams.get('host') ?? decode(url.hostname).replace(/^\[(.*)\]$/, '$1');
  if (host === '') throw refused('the database URL names no server: expected postgres://USER@HOST/DATABASE');
  const port = url.port === '' ? 5432 : Number(url.port);
  return {
    shown: `${host}:${port}/${database}`,
    connection: {
      host,
      port,
      database,
      ...(url.username !== '' && { user: decode(url.username) }),
      ...schemaOf(url),
      ssl: tlsOf(url, host),
    },
  };
}

function schemaOf(url: URL): Pick<ClientConfig, 'options'> {
  const schema = url.searchParams.get('schema');
  if (schema === null) return {};
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) {
    throw refused(`the schema ${quote(schema)} is not possible: expected small letters, digits and _`);
  }
  return { options: `-c search_path=${schema}` };
}

function tlsOf(url: URL, host: string): false | { ca?: string } {
  const isHere = host.startsWith('/') || host === 'localhost' || isLoopback(host);
  const mode = url.searchParams.get('sslmode') ?? (isHere ? 'disable' : 'verify-full');
  if (mode === 'disable') return false;
  if (mode !== 'verify-full') {
    throw refused(`the sslmode ${quote(mode)} is not possible: expected verify-full or disable`);
  }
  const path = url.searchParams.get('sslrootcert');
  if (path === null) return {};
  try {
    return { ca: readFileSync(path, 'utf8') };
  } catch (error) {
    throw new QTChatError('ERR_STORE_UNREADABLE', `cannot read ${quote(path)}, which the database URL names`, {
      hint: 'Name a PEM file of the CAs that vouch for the database server',
      cause: error,
    });
  }
}

function isLoopback(host: string): boolean {
  return host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refused('the database URL cannot be read: a % in it is not followed by two hex digits');
  }
}

function refused(message: string): QTChatError {
  return new QTChatError('ERR_USAGE', message, { hint: 'For example postgres://qtchat@db.example/qtchat' });
}
