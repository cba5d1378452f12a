import { resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { databasePasswordFileFlag, explainFlag } from '../../src/cli/flags.js';

export default class CaRestore extends BaseCommand {
  static override summary = 'bring back what ca backup wrote';
  static override description =
    `For a home without a CA. Invites that were open end. What was issued or revoked since the backup is not known:
revoke again what must stay revoked. With --database the home shares the ledger that is there, as a second host.`;
  static override examples = ['<%= config.bin %> ca restore circle.backup'];
  static override args = { file: Args.string({ description: 'what ca backup wrote', required: true }) };
  static override flags = {
    database: Flags.string({ description: 'the PostgreSQL database that holds this very ledger', helpValue: 'URL' }),
    'database-password-file': databasePasswordFileFlag,
    explain: explainFlag,
  };

  async run() {
    const { args, flags } = await this.parse(CaRestore);
    if (await this.explained({ args, flags })) return;
    const { readDatabaseFlags } = await import('../../src/cli/autoca/choose-database.js');
    const { restoreCa } = await import('../../src/cli/ca/restore-ca.js');
    const { describeCa } = await import('../../src/cli/ca/describe-ca.js');
    const { caKeyIsEncrypted } = await import('../../src/store/ca.js');
    const place = this.homeOf(flags);
    const { home, setting } = (await readDatabaseFlags(place, flags, this.deps)) ?? { home: place, setting: undefined };
    const { chain, createdAt, joined, endedInvites, oldLedger } = await restoreCa(
      home,
      resolve(args.file),
      setting,
      this.deps,
    );
    const ca = describeCa(home, chain, await caKeyIsEncrypted(home));
    this.print(
      `Restored the CA "${ca.name}" as it was on ${createdAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    );
    this.print(`  key   ${ca.keyPath}${ca.encrypted ? ' (encrypted)' : ''}`);
    this.print(`  root  ${ca.rootPath}, SHA-256 ${ca.fingerprintSha256}`);
    if (oldLedger !== undefined) this.note(`A ledger that stood here without a CA is kept as ${oldLedger}`);
    if (joined) this.note('This home shares the ledger on the database server');
    else {
      if (endedInvites > 0) this.note(`${endedInvites} open invites have ended: qtchat autoca invite NAME --replace`);
      this.note('Revoke again what was revoked since (qtchat cert revoke), then publish: qtchat ca crl');
    }
    return { ...ca, createdAt: createdAt.toISOString(), joined, endedInvites, oldLedger: oldLedger ?? null };
  }
}
