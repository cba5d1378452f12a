/** Tests against programs nobody here wrote: skipped where the program is absent, failing where it is required. */
import { describe, it } from '@jest/globals';
import { hasOptional, type OptionalLibrary } from '../../src/calls/optional.js';
import { hasProgram } from './has-program.js';

const required = (process.env.QTCHAT_TEST_REQUIRE ?? '').split(',');

/**
 * Describes a suite that needs `program`. Without it the suite is one skipped line, unless
 * QTCHAT_TEST_REQUIRE (comma-separated) names the program: then its absence is a failure.
 */
export function describeWith(program: string, title: string, suite: () => void): void {
  if (hasProgram(program)) {
    describe(title, suite);
  } else if (required.includes(program)) {
    it(`${title}: needs ${program}`, () => {
      throw new Error(`${program} is required by QTCHAT_TEST_REQUIRE but not installed`);
    });
  } else {
    it.skip(`${title}: needs ${program}, which is not installed`, () => {});
  }
}

/** A test that needs optional libraries: skipped without one of them, failing where programs are required too. */
export function itWith(...libraries: OptionalLibrary[]): typeof it | typeof it.skip {
  return libraries.every(hasOptional) || required.some(Boolean) ? it : it.skip;
}
