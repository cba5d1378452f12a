/**
 * The key agreement of a connection: X25519MLKEM768, which is X25519 together with the post-quantum ML-KEM-768, wherever
 * the Node in use has it (OpenSSL 3.5), else what it has. What was agreed on is told to the side that dialled alone.
 */
import { createSecureContext, type SecureContextOptions, type TLSSocket } from 'node:tls';
import { QTChatError } from '../errors.js';

/** TLS group 0x11EC: secret as long as either of X25519 and ML-KEM-768 is (draft-ietf-tls-ecdhe-mlkem). */
export const postQuantumGroup = 'X25519MLKEM768';
const classicalGroup = 'X25519';
// The asterisks have a dialling side begin with a share of each: one that has the second alone is not asked twice.
const bothGroups = `*${postQuantumGroup}/*${classicalGroup}`;

/** What is known of a key agreement. */
export interface KeyAgreement {
  /** The TLS group; undefined where this side is not told. */
  readonly group: string | undefined;
  /** Undefined where it may be either. */
  readonly postQuantum: boolean | undefined;
}

let isOffered: boolean | undefined;

/** Whether the Node in use has the post-quantum group; tried once. */
export function offersPostQuantum(): boolean {
  isOffered ??= accepts(bothGroups);
  return isOffered;
}

/** Older versions of OpenSSL refuse the whole list for the sake of one name. */
function accepts(groups: string): boolean {
  try {
    createSecureContext({ ecdhCurve: groups });
    return true;
  } catch {
    return false;
  }
}

/**
 * Checks that post-quantum key agreement can be required here.
 *
 * @throws {QTChatError} `ERR_USAGE`
 */
export function checkPostQuantum(): void {
  if (offersPostQuantum()) return;
  const message = `post-quantum key agreement (${postQuantumGroup}) cannot be required: Node.js ${process.version} does not have it`;
  throw new QTChatError('ERR_USAGE', message, { hint: 'Run qtchat by Node.js 24, or leave --require-pq out' });
}

/** The groups that are offered, the preferred one first. */
export function groupOptions(requirePostQuantum: boolean): Pick<SecureContextOptions, 'ecdhCurve'> {
  if (requirePostQuantum) return { ecdhCurve: postQuantumGroup };
  return offersPostQuantum() ? { ecdhCurve: bothGroups } : {};
}

/**
 * What can be known of the key agreement of a completed handshake.
 *
 * @param requirePostQuantum - whether nothing else was offered
 */
export function keyAgreementOf(socket: TLSSocket, requirePostQuantum: boolean): KeyAgreement {
  if (requirePostQuantum) return { group: postQuantumGroup, postQuantum: true };
  // Null at the side that was dialled; there Node has no other way to ask either.
  const details: object | null = socket.getEphemeralKeyInfo();
  if (details === null) return { group: undefined, postQuantum: offersPostQuantum() ? undefined : false };
  // Node 22 has no name for the post-quantum group; of the two that were offered it knows the other one.
  const named = 'name' in details && typeof details.name === 'string' ? details.name : undefined;
  const group = named ?? (offersPostQuantum() ? postQuantumGroup : undefined);
  return { group, postQuantum: group === postQuantumGroup };
}

/** For people, in a few words. */
export function describeKeyAgreement({ group, postQuantum }: KeyAgreement): string {
  if (group !== undefined) return group;
  return postQuantum === undefined ? `${postQuantumGroup} or ${classicalGroup}` : 'no post-quantum key agreement';
}
