/** A ledger in a fresh home, with a CA to issue from and a clock to turn. */
import { createPublicKey, type KeyObject, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { issueMemberCertificate, type MemberRequest } from '../../src/ledger/issue-member-certificate.js';
import type { IssuedMember } from '../../src/ledger/issued-member.js';
import { type Ledger, openLedger } from '../../src/ledger/open.js';
import { createSigner, type Signer } from '../../src/ledger/signer.js';
import { createIssuer, type Issuer } from '../../src/pki/issuer.js';
import type { Profile } from '../../src/pki/profile.js';
import { writeDatabaseSetting } from '../../src/store/database-setting.js';
import type { Home } from '../../src/store/home.js';
import { loadProfile } from '../../src/store/profiles.js';
import { makeCircle, makeKey } from './certificates.js';
import { createTestDatabase, type DatabaseKind } from './postgres.js';

/** A ledger and everything that issuing takes. */
export interface TestLedger {
  readonly home: Home;
  readonly ledger: Ledger;
  readonly issuer: Issuer;
  readonly signer: Signer;
  /** One that breaks before it has signed anything. */
  readonly brokenSigner: Signer;
  readonly profile: Profile;
  readonly deps: { clock: () => Date; random: (size: number) => Buffer };
  /** Turns the clock forward. */
  advance(ms: number): void;
  /** Issues for bob, one day, no names, unless told otherwise. */
  issue(request?: Partial<MemberRequest>): Promise<IssuedMember>;
  close(): Promise<void>;
}

/** Opens a fresh one in a file of the home, or on PostgreSQL; close it when done. */
export async function makeLedger(kind: DatabaseKind = 'sqlite'): Promise<TestLedger> {
  const home = { folder: mkdtempSync(join(tmpdir(), 'qtchat-ledger-')) };
  const database = kind === 'postgres' ? await createTestDatabase() : undefined;
  if (database !== undefined) await writeDatabaseSetting(home, database.server);
  const [ledger, circle, profile] = await Promise.all([openLedger(home), makeCircle(), loadProfile()]);
  const issuer = createIssuer(circle.key, [circle.certificate]);
  let nowMs = Math.floor(Date.now() / 1000) * 1000;
  const deps = { clock: () => new Date(nowMs), random: randomBytes };
  const signer = createSigner(issuer, { ledger, home }, deps);
  return {
    home,
    ledger,
    issuer,
    signer,
    brokenSigner: createSigner(
      { ...issuer, sign: () => Promise.reject(Object.assign(new Error('no signature'), { code: 'NO_SIGNATURE' })) },
      { ledger, home },
      deps,
    ),
    profile,
    deps,
    advance: (ms) => {
      nowMs += ms;
    },
    issue: (request) =>
      issueMemberCertificate(
        ledger,
        signer,
        profile,
        { member: 'bob', names: [], publicKey: makePublicKey(), validityDays: 1, by: 'test', ...request },
        deps,
      ),
    close: async () => {
      await ledger.destroy();
      await database?.drop();
      rmSync(home.folder, { recursive: true, force: true });
    },
  };
}

/** Makes the audit log changeable: what somebody with the database in his hands does first. */
export async function dropAuditGuards(ledger: Ledger, kind: DatabaseKind): Promise<void> {
  const guards = { sqlite: ['refuses_update', 'refuses_delete'], postgres: ['is_append_only on audit'] }[kind];
  for (const guard of guards) await sql.raw(`drop trigger audit_${guard}`).execute(ledger);
}

/** A fresh public key. */
export function makePublicKey(): KeyObject {
  return createPublicKey(makeKey());
}
