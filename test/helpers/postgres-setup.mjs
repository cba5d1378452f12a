// Names the folder in which the first test that needs a PostgreSQL server starts one for all workers.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export default function setup() {
  process.env.QTCHAT_TEST_POSTGRES = mkdtempSync(join(tmpdir(), 'qtchat-pg-'));
}
