/** Programs of others that read and write .pfx files, each driven through its own command line. */
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { promisify } from 'node:util';

/** A file, its password in another, and the name under which its key is known. */
export interface PfxFile {
  readonly path: string;
  readonly password: string;
  readonly passwordFile: string;
  readonly name: string;
  /** The root, in a file beside it. */
  readonly root: string;
  /** For what the program leaves behind. */
  readonly folder: string;
}

/** The same certificate and key as PEM files, for a program to write. */
export interface PemFiles {
  readonly certificate: string;
  readonly key: string;
}

/** One program. */
export interface PfxProgram {
  /** As people call it. */
  readonly title: string;
  /** What must be installed. */
  readonly command: string;
  /** Opens the file, decrypts certificate and key, and fails if anything is wrong. */
  readonly read: (file: PfxFile) => Promise<void>;
  /** Writes `file`; `legacy` in 3DES or older. Undefined where the program only reads. */
  readonly write?: (file: PfxFile, from: PemFiles, legacy: boolean) => Promise<void>;
}

const execute = promisify(execFile);
const run = async (command: string, ...argv: string[]): Promise<string> => (await execute(command, argv)).stdout;

const openssl: PfxProgram = {
  title: 'OpenSSL',
  command: 'openssl',
  read: async ({ path, passwordFile }) => {
    const text = await run('openssl', 'pkcs12', '-in', path, '-passin', `file:${passwordFile}`, '-noenc');
    expectKeyAndCertificate(text);
  },
  write: async ({ path, passwordFile, name }, { certificate, key }, legacy) => {
    const from = ['-in', certificate, '-inkey', key, '-name', name, ...(legacy ? ['-legacy'] : [])];
    await run('openssl', 'pkcs12', '-export', ...from, '-out', path, '-passout', `file:${passwordFile}`);
  },
};

const nss: PfxProgram = {
  title: 'NSS (Firefox)',
  command: 'pk12util',
  read: async (file) => {
    const database = await nssDatabase(file);
    await run('pk12util', '-i', file.path, '-d', database, '-w', file.passwordFile);
    const keys = await run('certutil', '-K', '-d', database);
    if (!keys.includes(file.name)) throw new Error(`no key ${file.name} in ${keys}`);
  },
  write: async (file, from, legacy) => {
    // NSS takes a key in only as a .pfx file.
    const path = `${file.path}.in`;
    await openssl.write?.({ ...file, path }, from, false);
    const database = await nssDatabase(file);
    await run('pk12util', '-i', path, '-d', database, '-w', file.passwordFile);
    const ciphers = ['-c', 'PKCS #12 V2 PBE With SHA-1 And 3KEY Triple DES-CBC', '-C'];
    const old = legacy ? [...ciphers, 'PKCS #12 V2 PBE With SHA-1 And 40 Bit RC2 CBC'] : [];
    await run('pk12util', '-o', file.path, '-n', file.name, '-d', database, '-w', file.passwordFile, ...old);
  },
};

async function nssDatabase({ folder }: PfxFile): Promise<string> {
  const database = `sql:${await mkdtemp(join(folder, 'nss-'))}`;
  await run('certutil', '-N', '-d', database, '--empty-password');
  return database;
}

const keytool: PfxProgram = {
  title: 'keytool (Java)',
  command: 'keytool',
  // Importing into another store decrypts the key.
  read: (file) => importStore(file.path, `${file.path}.java`, file, false),
  write: async (file, from, legacy) => {
    const path = `${file.path}.in`;
    await openssl.write?.({ ...file, path }, from, false);
    await importStore(path, file.path, file, legacy);
  },
};

async function importStore(from: string, to: string, { passwordFile }: PfxFile, legacy: boolean): Promise<void> {
  const old = legacy ? ['-J-Dkeystore.pkcs12.legacy'] : [];
  const source = ['-srckeystore', from, '-srcstoretype', 'PKCS12', '-srcstorepass:file', passwordFile];
  const destination = ['-destkeystore', to, '-deststoretype', 'PKCS12', '-deststorepass:file', passwordFile];
  // Without these the virtual machine spends its time on getting fast.
  const quick = ['-J-XX:TieredStopAtLevel=1', '-J-XX:+UseSerialGC'];
  await run('keytool', ...quick, ...old, '-importkeystore', ...source, ...destination, '-noprompt');
}

const gnutls: PfxProgram = {
  title: 'GnuTLS',
  command: 'certtool',
  read: async ({ path, password }) => {
    const text = await run('certtool', '--p12-info', '--inder', '--infile', path, '--password', password);
    expectKeyAndCertificate(text);
    const block = /-----BEGIN ENCRYPTED PRIVATE KEY-----[^-]+-----END ENCRYPTED PRIVATE KEY-----/.exec(text)?.[0];
    await writeFile(`${path}.key`, `${block}\n`);
    await run('certtool', '--key-info', '--pkcs8', '--infile', `${path}.key`, '--password', password);
  },
  write: async ({ path, password, name }, { certificate, key }, legacy) => {
    const old = legacy ? ['--pkcs-cipher', '3des-pkcs12', '--hash', 'SHA1'] : [];
    const from = ['--load-privkey', key, '--load-certificate', certificate, '--p12-name', name];
    await run('certtool', '--to-p12', ...from, '--password', password, ...old, '--outder', '--outfile', path);
  },
};

const node: PfxProgram = {
  title: 'Node tls',
  command: 'node',
  read: async ({ path, password, root }) => {
    const server = createServer({ pfx: await readFile(path), passphrase: password }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const socket = connect({ host: '127.0.0.1', port, ca: await readFile(root) });
    try {
      await once(socket, 'secureConnect');
    } finally {
      socket.destroy();
      server.close();
    }
  },
};

function expectKeyAndCertificate(text: string): void {
  if (!/BEGIN [A-Z ]*PRIVATE KEY/.test(text)) throw new Error(`no key in ${text}`);
  if (!new X509Certificate(text.slice(text.indexOf('-----BEGIN CERTIFICATE-----'))).publicKey) throw new Error(text);
}

/** All of them, in the order of the table. */
export const pfxPrograms: readonly PfxProgram[] = [openssl, nss, keytool, gnutls, node];
