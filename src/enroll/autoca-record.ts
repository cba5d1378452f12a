/** Where the Auto CA of a home is reached: written by the server, read by whoever makes an invite. */
import { isIPv6 } from 'node:net';
import { isQTChatError, QTChatError, quote } from '../errors.js';
import { autocaPath, type Home } from '../store/home.js';
import { createFolder, readBoundedFile, writeFileSafely } from '../store/private-file.js';
import { reachableAddresses } from './addresses.js';

/** The Auto CA's TCP port unless another is chosen. */
export const defaultAutoCaPort = 17_592;

/** Where an Auto CA listens, as guests see it. */
export interface AutoCaRecord {
  /** In order of trial. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** The port for members, where there is one. */
  readonly membersPort?: number;
}

/** @throws {QTChatError} `ERR_STORE_UNWRITABLE` */
export async function writeAutoCaRecord(home: Home, record: AutoCaRecord): Promise<void> {
  await createFolder(home.folder);
  await writeFileSafely(autocaPath(home), `${JSON.stringify(record)}\n`, { mode: 0o600, existing: 'replace' });
}

/**
 * The record of the server that ran last, or what one started now would write.
 *
 * @throws {QTChatError} `ERR_STORE_DAMAGED`, `ERR_STORE_PERMISSIONS`
 */
export async function readAutoCaRecord(home: Home): Promise<AutoCaRecord & { readonly hasRun: boolean }> {
  const path = autocaPath(home);
  try {
    const record = JSON.parse((await readBoundedFile(path)).toString('utf8')) as Record<string, unknown>;
    const { addresses, port, membersPort } = record;
    if (isAddresses(addresses) && isPort(port)) {
      return { addresses, port, hasRun: true, ...(isPort(membersPort) && { membersPort }) };
    }
  } catch (error) {
    if (isQTChatError(error, 'ERR_STORE_NOT_FOUND')) {
      return { addresses: reachableAddresses(undefined), port: defaultAutoCaPort, hasRun: false };
    }
    if (isQTChatError(error)) throw error;
  }
  throw new QTChatError('ERR_STORE_DAMAGED', `${quote(path)} does not say where the Auto CA listens`, {
    hint: 'Start qtchat autoca serve again, which writes it anew',
  });
}

function isAddresses(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((address) => typeof address === 'string');
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536;
}

/** What a guest types after --server: the first address, with the port unless it is the usual one. */
export function serverAsTyped({ addresses, port }: Pick<AutoCaRecord, 'addresses' | 'port'>): string {
  const [address = 'HOST'] = addresses;
  if (port === defaultAutoCaPort) return address;
  return `${isIPv6(address) ? `[${address}]` : address}:${port}`;
}
