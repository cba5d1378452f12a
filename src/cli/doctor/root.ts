/** The root by which `doctor` judges. */
import type { X509Certificate } from 'node:crypto';
import { isQTChatError } from '../../errors.js';
import type { PathFault } from '../../pki/verify-path.js';
import type { Home } from '../../store/home.js';
import { findTrustAnchor } from '../cert/trust-anchor.js';

/**
 * The root, or the fault that there is none.
 *
 * @throws {QTChatError} what reading `rootFile` throws
 */
export async function rootOrFault(
  home: Home,
  rootFile: string | undefined,
  signal: AbortSignal,
): Promise<X509Certificate | PathFault> {
  try {
    return await findTrustAnchor(home, rootFile, signal);
  } catch (error) {
    if (rootFile !== undefined || !isQTChatError(error, 'ERR_STORE_NOT_FOUND')) throw error;
    return { code: 'not-issued-by', message: 'there is no root certificate here by which it could be judged' };
  }
}
