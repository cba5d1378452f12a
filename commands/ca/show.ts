import { BaseCommand } from '../../src/cli/base-command.js';
import { explainFlag } from '../../src/cli/flags.js';
import { escapeControls } from '../../src/errors.js';
import { dayOf } from '../../src/pki/day.js';

export default class CaShow extends BaseCommand {
  static override summary = 'show the CA of this home';
  static override examples = ['<%= config.bin %> ca show', '<%= config.bin %> ca show --json'];
  static override flags = { explain: explainFlag };

  async run() {
    const { flags } = await this.parse(CaShow);
    if (await this.explained({ args: {}, flags })) return;
    const { caKeyIsEncrypted, loadCaChain } = await import('../../src/store/ca.js');
    const { constraintsLine, describeCa } = await import('../../src/cli/ca/describe-ca.js');
    const { hasEnded } = await import('../../src/pki/validity.js');
    const home = this.homeOf(flags);
    const [chain, encrypted] = await Promise.all([loadCaChain(home), caKeyIsEncrypted(home)]);
    const ca = describeCa(home, chain, encrypted);
    const isExpired = hasEnded(new Date(ca.notAfter), this.deps.clock());
    this.print(`CA           ${escapeControls(ca.name)}`);
    this.print(`circle       ${ca.circleId}`);
    this.print(`key          ${ca.keyType}, ${ca.encrypted ? 'encrypted' : 'not encrypted'}, ${ca.keyPath}`);
    this.print(`root         ${ca.rootPath}`);
    if (ca.intermediate !== null) {
      this.print(`issued by    ${escapeControls(ca.intermediate.name)}, until ${dayOf(ca.intermediate.notAfter)}`);
    }
    const constraints = constraintsLine(ca);
    if (constraints !== undefined) this.print(`certifies    ${escapeControls(constraints)}`);
    this.print(`valid until  ${dayOf(ca.notAfter)}${isExpired ? ' (expired)' : ''}`);
    this.print(`fingerprint  ${ca.fingerprintSha256} (SHA-256)`);
    return { ...ca, expired: isExpired };
  }
}
