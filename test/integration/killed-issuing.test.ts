/**
 * `cert issue`, killed (-9) at many moments: nothing that left is unknown to the ledger, nothing half-issued
 * counts, and the next run works.
 */
import { X509Certificate } from 'node:crypto';
import { type FSWatcher, readdirSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { listAudit } from '../../src/ledger/audit.js';
import { findCertificate } from '../../src/ledger/certificates.js';
import { openLedger } from '../../src/ledger/open.js';
import { makeHome, type TestHome } from '../helpers/home.js';
import { Program } from '../helpers/program.js';

let test: TestHome;

beforeEach(async () => {
  test = makeHome();
  await test.run(['ca', 'init', '--no-password']);
  // One that is there already: the ledger exists, and the runs below replace it.
  await test.run(['cert', 'issue', 'bob', '--out', test.at('out')]);
});

afterEach(() => test.remove());

/** Runs a command and kills it at the change of that number in home or folder of files; it may be faster than that. */
async function runKilled(argv: readonly string[], changes: number): Promise<void> {
  let seen = 0;
  const program = new Program(argv, { home: test.home });
  const count = (): void => {
    seen += 1;
    if (seen === changes) program.child.kill('SIGKILL');
  };
  const watchers: FSWatcher[] = [test.home, test.at('out')].map((folder) => watch(folder, count));
  program.endInput();
  await program.ended();
  for (const watcher of watchers) watcher.close();
}

/** Every certificate that lies around, also where it was to be moved from. */
function certificatesIn(folder: string): X509Certificate[] {
  const files = readdirSync(folder, { recursive: true }).map(String);
  return files
    .filter((name) => /\.pem(\.bak\d*)?$/.test(name))
    .map((name) => readFileSync(join(folder, name)))
    .filter((content) => content.includes('-----END CERTIFICATE-----'))
    .map((content) => new X509Certificate(content));
}

describe('cert issue, killed', () => {
  it.each([1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22])(
    'leaves nothing unknown to the ledger (change %i)',
    async (changes) => {
      const argv = ['cert', 'issue', 'bob', '--replace', '--force', '--out', test.at('out')];
      await runKilled(argv, changes);
      const ledger = await openLedger({ folder: test.home });
      try {
        const issuedInLog = (await listAudit(ledger)).filter(({ event }) => event === 'certificate.issued');
        const found = certificatesIn(test.at('out'));
        expect(found.length).toBeGreaterThan(0);
        for (const certificate of found) {
          const record = await findCertificate(ledger, certificate.serialNumber);
          expect(record?.content.equals(certificate.raw)).toBe(true);
          expect(issuedInLog.map(({ details }) => details.serialNumber)).toContain(certificate.serialNumber);
        }
      } finally {
        await ledger.destroy();
      }
      expect(await test.run(argv)).toMatchObject({ exitCode: 0 });
      const [valid, ...more] = (await test.run(['cert', 'list', '--json'])).json().certificates as { state: string }[];
      expect([valid, ...more].filter((entry) => entry?.state === 'valid')).toHaveLength(1);
    },
  );
});
