import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { caPasswordFileFlag, explainFlag } from '../../src/cli/flags.js';
import { QTChatError } from '../../src/errors.js';
import { dayOf } from '../../src/pki/day.js';

export default class CaImport extends BaseCommand {
  static override summary = 'go on with a CA that openssl, easy-rsa or mkcert made';
  static override description =
    `FOLDER is easy-rsa's pki, mkcert's CAROOT, or openssl's demoCA; or name the files one by one. Nothing there is changed.
What an index.txt lists becomes part of the ledger: what was revoked stays revoked. The key keeps its password.`;
  static override examples = [
    '<%= config.bin %> ca import pki',
    '<%= config.bin %> ca import --cert-file ca.crt --key-file ca.key',
  ];
  static override args = { folder: Args.string({ description: 'folder of the CA' }) };
  static override flags = {
    'cert-file': Flags.string({ description: "the CA's certificate", dependsOn: ['key-file'], helpValue: 'FILE' }),
    'key-file': Flags.string({ description: 'its key', dependsOn: ['cert-file'], helpValue: 'FILE' }),
    chain: Flags.string({
      description: 'certificates above it, the root last',
      dependsOn: ['cert-file'],
      helpValue: 'FILE',
    }),
    index: Flags.string({ description: 'index.txt of what it issued', dependsOn: ['cert-file'], helpValue: 'FILE' }),
    'ca-password-file': caPasswordFileFlag,
    force: Flags.boolean({ description: 'keep the CA that is here as ca.bak' }),
    explain: explainFlag,
  };

  async run() {
    const { args, flags } = await this.parse(CaImport);
    if (await this.explained({ args, flags })) return;
    const home = this.homeOf(flags);
    const { findForeignCa, readForeignCa } = await import('../../src/cli/ca/foreign-ca.js');
    const { importCa } = await import('../../src/cli/ca/import-ca.js');
    const { describeCa } = await import('../../src/cli/ca/describe-ca.js');
    const { readPassword } = await import('../../src/cli/password.js');
    const { isEncryptedForeignKey, readForeignKey } = await import('../../src/pki/foreign-key.js');
    const { refuseExistingCa } = await import('../../src/store/ca.js');
    const { 'cert-file': certFile, 'key-file': keyFile, chain: chainFile, index, force = false } = flags;
    if ((args.folder === undefined) === (certFile === undefined || keyFile === undefined)) {
      throw new QTChatError('ERR_USAGE', 'either FOLDER or --cert-file and --key-file are needed', {
        hint: 'See qtchat ca import --help',
      });
    }
    if (!force) await refuseExistingCa(home);
    const named = certFile !== undefined && keyFile !== undefined ? { certFile, keyFile, chainFile, index } : undefined;
    const ca = await readForeignCa(named ?? (await findForeignCa(args.folder ?? '')), this.deps.signal);
    const file = flags['ca-password-file'];
    const password = isEncryptedForeignKey(ca.key)
      ? await readPassword({ purpose: 'ca', file, deps: this.deps })
      : undefined;
    const key = readForeignKey(ca.key, password);
    const imported = await importCa(home, ca, key, { password, force }, this.deps);
    const described = describeCa(home, imported.chain, password !== undefined);
    if (password === undefined)
      this.warn('the CA key has no password: whoever can read the file can issue certificates');
    if (imported.oldCa !== undefined) this.note(`The old CA is kept in ${imported.oldCa}`);
    if (imported.oldLedger !== undefined) this.note(`The old ledger is kept as ${imported.oldLedger}`);
    this.print(`Imported the CA "${described.name}" (${described.keyType}), valid until ${dayOf(described.notAfter)}`);
    this.print(`  key   ${described.keyPath}${described.encrypted ? ' (encrypted)' : ''}`);
    this.print(`  root  ${described.rootPath}`);
    if (imported.taken > 0) this.print(`  took over ${imported.taken} certificates (qtchat cert list)`);
    if (imported.missing > 0) this.note(`${imported.missing} of them are known by their line in index.txt alone`);
    const { taken, missing, oldCa = null, oldLedger = null } = imported;
    return { ...described, taken, missing, oldCa, oldLedger };
  }
}
