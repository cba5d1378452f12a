import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { caPasswordFileFlag, explainFlag, identityPasswordFileFlag } from '../../src/cli/flags.js';
import { dayOf } from '../../src/pki/day.js';

export default class CertRenew extends BaseCommand {
  static override summary = 'issue the next certificate of a member, and revoke the one it has';
  static override description = `Names and profile stay as they are, and so does the key unless --new-key is given.
An identity of this home is renewed where it is; for somebody else NAME.pem is written, and NAME.key with a new key.`;
  static override examples = [
    '<%= config.bin %> cert renew alice',
    '<%= config.bin %> cert renew gus --new-key --days 90 --out renewed',
  ];
  static override args = { name: Args.string({ description: 'member name (at a terminal: asked for)' }) };
  static override flags = {
    'new-key': Flags.boolean({ description: 'make a new key of the same kind' }),
    days: Flags.integer({ description: "validity in days (default the profile's)", helpValue: 'DAYS' }),
    out: Flags.string({ description: 'folder for NAME.pem, and NAME.key with a new key', helpValue: 'DIR' }),
    force: Flags.boolean({ description: 'keep files that stand in the way as .bak' }),
    'ca-password-file': caPasswordFileFlag,
    'identity-password-file': identityPasswordFileFlag,
    explain: explainFlag,
  };

  async run() {
    const { args, flags } = await this.parse(CertRenew);
    const home = this.homeOf(flags);
    const { memberName } = await import('../../src/cli/cert/choose-member.js');
    const wanted = {
      argument: 'NAME (member name)',
      command: 'cert renew',
      question: 'Whose certificate is to be renewed?',
      states: ['valid', 'expired'],
    } as const;
    const name = await memberName(home, args.name, wanted, this.deps);
    if (await this.explained({ args: { name }, flags })) return;
    const { findRenewal, renewCredential } = await import('../../src/cli/cert/renew-credential.js');
    const { hasEnded } = await import('../../src/pki/validity.js');
    const { openCa } = await import('../../src/cli/ca/open-ca.js');
    const request = { member: name, newKey: flags['new-key'] === true, validityDays: flags.days, out: flags.out };
    const renewal = await findRenewal(home, { ...request, force: flags.force });
    const { identityOpener } = await import('../../src/cli/identity/open-identity.js');
    const open = identityOpener(home, { file: flags['identity-password-file'] }, this.deps);
    const ca = await openCa(home, { file: flags['ca-password-file'] }, this.deps);
    const { certificate, validityCut } = await renewCredential(home, renewal, open, ca, this.deps);
    const { member, record, identity, newKey, paths } = renewal;
    const notAfter = new Date(certificate.validTo).toISOString();
    this.print(`Renewed ${member}'s certificate${newKey ? ' with a new key' : ''}, valid until ${dayOf(notAfter)}`);
    if (identity !== undefined) this.print('  in the identity of this home');
    for (const path of Object.values(paths)) this.print(`  ${path}`);
    const fate = hasEnded(record.notAfter, this.deps.clock()) ? 'has expired' : 'is revoked as superseded';
    this.print(`The old one (${record.serialNumber}) ${fate}`);
    if (validityCut !== undefined) this.note(`Note: ${validityCut}`);
    this.note('Next: qtchat ca crl, so that others learn of it');
    return {
      member,
      serialNumber: certificate.serialNumber,
      formerSerialNumber: record.serialNumber,
      notAfter,
      validityCut: validityCut ?? null,
      newKey,
      identity: identity !== undefined,
      files: { certificate: paths.certificate ?? null, key: paths.key ?? null },
    };
  }
}
