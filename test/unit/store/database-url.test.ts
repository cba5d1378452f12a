import { describe, expect, it } from '@jest/globals';
import { isQTChatError } from '../../../src/errors.js';
import { parseDatabaseUrl } from '../../../src/store/database-url.js';

describe('parseDatabaseUrl', () => {
  it('reads user, server, port and database', () => {
    expect(parseDatabaseUrl('postgres://qt%40chat@db.example:6000/my%20ledger')).toEqual({
      shown: 'db.example:6000/my ledger',
      connection: { user: 'qt@chat', host: 'db.example', port: 6000, database: 'my ledger', ssl: {} },
    });
  });

  it('takes the usual port and leaves the user to the surroundings', () => {
    const { connection } = parseDatabaseUrl('postgresql://db.example/ledger');
    expect(connection).toEqual({ host: 'db.example', port: 5432, database: 'ledger', ssl: {} });
  });

  it('reads the folder of a Unix socket and a schema', () => {
    const { connection } = parseDatabaseUrl('postgres://u@here/ledger?host=/run/postgresql&schema=circle_a');
    expect(connection).toMatchObject({ host: '/run/postgresql', options: '-c search_path=circle_a', ssl: false });
  });

  it.each([
    ['a server elsewhere', 'postgres://u@db.example/l', {}],
    ['an address elsewhere', 'postgres://u@192.0.2.1/l', {}],
    ['this machine by name', 'postgres://u@localhost/l', false],
    ['this machine by address', 'postgres://u@127.0.0.1/l', false],
    ['this machine by IPv6 address', 'postgres://u@[::1]/l', false],
    ['this machine where it is wanted', 'postgres://u@localhost/l?sslmode=verify-full', {}],
    ['a server elsewhere where it is not wanted', 'postgres://u@db.example/l?sslmode=disable', false],
    ['a name that only begins like this machine', 'postgres://u@127.0.0.1.example/l', {}],
  ])('decides on TLS for %s', (_title, url, ssl) => {
    expect(parseDatabaseUrl(url).connection.ssl).toEqual(ssl);
  });

  it.each([
    ['a password', 'postgres://u:hunter2@db.example/l'],
    ['a password as a parameter', 'postgres://u@db.example/l?password=hunter2'],
    ['a password that makes it unreadable', 'postgres://u:hunter2@db.example:port/l'],
    ['a password in another kind of URL', 'mysql://u:hunter2@db.example/l'],
    ['an unknown parameter', 'postgres://u@db.example/l?application_name=x'],
    ['no database', 'postgres://u@db.example'],
    ['no server', 'postgres:///l'],
    ['a fragment', 'postgres://u@db.example/l#x'],
    ['no verification', 'postgres://u@db.example/l?sslmode=require'],
    ['a schema with an option in it', 'postgres://u@db.example/l?schema=a%20-c%20x%3Dy'],
    ['a broken escape', 'postgres://%zz@db.example/l'],
    ['a file', '/var/lib/ledger.db'],
  ])('refuses %s, and shows no password', (_title, url) => {
    let caught: unknown;
    try {
      parseDatabaseUrl(url);
    } catch (error) {
      caught = error;
    }
    expect(isQTChatError(caught, 'ERR_USAGE')).toBe(true);
    expect(String(caught)).not.toContain('hunter2');
  });

  it('refuses a file of CAs that is not there', () => {
    const url = 'postgres://u@db.example/l?sslrootcert=/nowhere/ca.pem';
    expect(() => parseDatabaseUrl(url)).toThrow('/nowhere/ca.pem');
  });
});
