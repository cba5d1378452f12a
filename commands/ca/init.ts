import { Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { caPasswordFileFlag, constraintFlags, explainFlag, keyFlag } from '../../src/cli/flags.js';
import { QTChatError } from '../../src/errors.js';
import { dayOf } from '../../src/pki/day.js';

export default class CaInit extends BaseCommand {
  static override summary = 'start a circle: make its CA key and root certificate';
  static override examples = [
    '<%= config.bin %> ca init',
    '<%= config.bin %> ca init --name "Family circle" --key p384 --no-password',
    '<%= config.bin %> ca init --ca-password-file secret.txt',
    '<%= config.bin %> ca init --intermediate --permit-dns example.org --permit-ip 192.168.0.0/16',
    '<%= config.bin %> ca init --intermediate --root-key-file offline/root.key --root-cert-file offline/root.pem',
  ];
  static override flags = {
    name: Flags.string({ description: 'name of the CA, for people', default: 'QTChat circle', helpValue: 'NAME' }),
    key: keyFlag,
    days: Flags.integer({ description: 'validity of the root in days', default: 3650, helpValue: 'DAYS' }),
    intermediate: Flags.boolean({
      description: "a CA of its own key issues, so that the root's can be taken offline",
    }),
    'root-key-file': Flags.string({
      description: 'key of a root that is there already: make the next CA below it',
      helpValue: 'FILE',
      dependsOn: ['intermediate'],
      exclusive: ['name', 'days'],
    }),
    'root-cert-file': Flags.string({
      description: "that root's certificate (default that of this home)",
      helpValue: 'FILE',
      dependsOn: ['root-key-file'],
    }),
    ...constraintFlags,
    'no-password': Flags.boolean({ description: 'keep the key unencrypted' }),
    'ca-password-file': { ...caPasswordFileFlag, exclusive: ['no-password'] },
    force: Flags.boolean({ description: 'make a new CA; the old one is kept as ca.bak' }),
    explain: explainFlag,
  };

  async run() {
    const { flags } = await this.parse(CaInit);
    if (await this.explained({ args: {}, flags })) return;
    const { parseKeyType } = await import('../../src/pki/key-type.js');
    const { createCa } = await import('../../src/cli/ca/create-ca.js');
    const { createBelow } = await import('../../src/cli/ca/create-below.js');
    const { describeCa } = await import('../../src/cli/ca/describe-ca.js');
    const { readConstraintFlags } = await import('../../src/cli/ca/constraint-flags.js');
    const { readPassword } = await import('../../src/cli/password.js');
    const { reachableAddresses } = await import('../../src/enroll/addresses.js');
    const home = this.homeOf(flags);
    if (flags.name.trim() === '')
      throw new QTChatError('ERR_USAGE', '--name is empty', { hint: 'Leave it out or name the CA' });
    const password = async (): Promise<string | undefined> => {
      if (flags['no-password']) return undefined;
      const file = flags['ca-password-file'];
      return readPassword({ purpose: 'ca', file, confirm: true, optional: true, deps: this.deps });
    };
    const request = {
      name: flags.name,
      keyType: parseKeyType(flags.key),
      validityDays: flags.days,
      intermediate: flags.intermediate,
      nameConstraints: readConstraintFlags(flags),
      force: flags.force,
    };
    const { 'root-key-file': keyFile, 'root-cert-file': certFile, 'no-password': noPassword } = flags;
    const files = { keyFile: keyFile ?? '', certFile, passwordFile: flags['ca-password-file'] };
    const created =
      keyFile === undefined
        ? await createCa(home, { ...request, password }, this.deps)
        : await createBelow(home, { ...request, ...files, password, noPassword }, this.deps);
    const ca = describeCa(home, created.chain, created.encrypted);
    if (!created.encrypted) this.warn('the CA key has no password: whoever can read the file can issue certificates');
    if (created.oldCa !== undefined) this.note(`The old CA is kept in ${created.oldCa}`);
    if (created.oldLedger !== undefined) this.note(`The old ledger is kept as ${created.oldLedger}`);
    this.print(`Made the CA "${ca.name}" (${ca.keyType}), valid until ${dayOf(ca.notAfter)}`);
    this.print(`  key   ${ca.keyPath}${ca.encrypted ? ' (encrypted)' : ''}`);
    this.print(`  root  ${ca.rootPath}`);
    if (ca.intermediate !== null) {
      this.print(`  issues as  "${ca.intermediate.name}", until ${dayOf(ca.intermediate.notAfter)}`);
      if (keyFile === undefined) this.note("The root's key can go offline now: qtchat ca export-root DIR");
      else if (created.oldCa !== undefined && created.oldLedger === undefined) this.note(formerCa(created.oldCa));
    }
    this.note(`Next: qtchat cert issue --ip ${reachableAddresses(undefined)[0]}`);
    return { ...ca, oldCa: created.oldCa ?? null, oldLedger: created.oldLedger ?? null };
  }
}

function formerCa(folder: string): string {
  return `What the former CA has issued stays valid. If its key is lost: qtchat ca crl --root --revoke ${folder}/intermediate.pem`;
}
