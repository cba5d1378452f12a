/** How tests look at refusals: by code. Anything that is not our error fails the test by itself. */
import { isQTChatError } from '../../../src/errors.js';

/** The code that `run` is refused with; undefined when it succeeds. */
export function refusalOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (isQTChatError(error)) return error.code;
    throw error;
  }
}

/** The code that `promise` is refused with; undefined when it succeeds. */
export async function asyncRefusalOf(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    if (isQTChatError(error)) return error.code;
    throw error;
  }
}
