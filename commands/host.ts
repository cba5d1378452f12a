import { join } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.js';
import {
  announceFlag,
  caPasswordFileFlag,
  hostFlag,
  identityPasswordFileFlag,
  jsonLinesFlag,
  listenFlag,
  portFlag,
  tlsPortFlag,
} from '../src/cli/flags.js';
import { packageRoot } from '../src/package-root.js';
import type { Home } from '../src/store/home.js';

/** The flags about the Auto CA. */
interface ServeFlags {
  readonly host: string | undefined;
  readonly port: number;
  readonly 'tls-port': number | undefined;
  readonly announce: boolean;
  readonly 'ca-password-file': string | undefined;
  readonly 'no-password': boolean;
}

export default class Host extends BaseCommand {
  static override summary = 'host a circle: everything that takes, then the chat';
  static override description =
    `Makes the CA and your own identity, runs the Auto CA, invites somebody and opens the chat; what is there already
stays as it is. Leaving the chat ends the Auto CA as well. Needs a terminal; scripts take the steps one by one.`;
  static override examples = ['<%= config.bin %> host', '<%= config.bin %> host bob --no-password'];
  static override enableJsonFlag = false;
  static override args = {
    name: Args.string({ description: 'member name of the first guest (asked for if need be)' }),
  };
  static override flags = {
    host: hostFlag,
    port: portFlag,
    'tls-port': tlsPortFlag,
    announce: announceFlag,
    listen: listenFlag,
    'ca-password-file': caPasswordFileFlag,
    'identity-password-file': identityPasswordFileFlag,
    'no-password': Flags.boolean({
      description: 'keep the key of a new CA unencrypted',
      exclusive: ['ca-password-file'],
    }),
    json: jsonLinesFlag,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Host);
    const { deps } = this;
    const home = this.homeOf(flags);
    const { requireTerminal } = await import('../src/cli/host/require-terminal.js');
    await requireTerminal(home, { name: args.name, json: flags.json }, deps);
    const { identityOpener } = await import('../src/cli/identity/open-identity.js');
    const { hostCircle } = await import('../src/cli/host/host-circle.js');
    const print = (line: string): void => this.print(line);
    const note = (line: string): void => this.note(line);
    const serve = (say: (line: string) => void) => this.#serve(home, flags, say);
    const openIdentity = identityOpener(home, { file: flags['identity-password-file'] }, deps);
    const { host: address, listen } = flags;
    await hostCircle(home, { name: args.name, address, listen, openIdentity, print, note, serve }, deps);
  }

  async #serve(home: Home, flags: ServeFlags, say: (line: string) => void) {
    const { deps } = this;
    const { hostCa } = await import('../src/cli/host/host-ca.js');
    const { defaultMembersPort } = await import('../src/enroll/members-wire.js');
    const { describeEvent } = await import('../ca-server/describe-event.js');
    const { requireFreePorts } = await import('../ca-server/free-port.js');
    const { serveWithSigner } = await import('../ca-server/serve-with-signer.js');
    const { port, 'tls-port': tlsPort = port === 0 ? 0 : defaultMembersPort, 'no-password': noPassword } = flags;
    const place = flags.host === undefined ? {} : { host: flags.host };
    const beforeAsking = () => requireFreePorts({ ...place, port, tlsPort });
    const caOptions = { passwordFile: flags['ca-password-file'], noPassword, beforeAsking, say };
    const password = await hostCa(home, caOptions, deps);
    const served = await serveWithSigner(home, {
      ...{ ...place, deps, port, tlsPort, password },
      programs: join(packageRoot(), 'dist'),
      ...(flags.announce && {
        announce: { onTrouble: (reason: string) => say(`Guests can't find it by themselves: ${reason}`) },
      }),
      homeWithLedger: async () => home,
      log: (event) => say(describeEvent(event)),
      onCrash: (reason) => say(`The process with the CA key has ended (${reason})`),
    });
    say(`Auto CA: ${served.addresses.join(', ')} port ${served.port}, for members ${served.members?.port ?? 'none'}`);
    void served.lost.then(({ message }) => say(`The Auto CA can issue nothing any more: ${message}`));
    return served;
  }
}
