// Prints jest's JSON reports as one line: N passed, N failed, N skipped.
import { readFileSync } from 'node:fs';

const reports = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, 'utf8')));
const total = (count) => reports.reduce((sum, report) => sum + count(report), 0);
const passed = total((report) => report.numPassedTests);
// A suite that could not even be loaded has no failed test of its own; it counts as one.
const failed = total((report) => report.numFailedTests + report.numRuntimeErrorTestSuites);
const skipped = total((report) => report.numPendingTests + report.numTodoTests);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
