import { once } from 'node:events';
import { join } from 'node:path';
import { Flags } from '@oclif/core';
import type { LoggedEvent } from '../../ca-server/event.js';
import type { EventLog } from '../../ca-server/event-log.js';
import { BaseCommand } from '../../src/cli/base-command.js';
import {
  announceFlag,
  caPasswordFileFlag,
  databaseFlag,
  databasePasswordFileFlag,
  hostFlag,
  jsonLinesFlag,
  metricsPortFlag,
  portFlag,
  tlsPortFlag,
} from '../../src/cli/flags.js';
import { isQTChatError } from '../../src/errors.js';
import { packageRoot } from '../../src/package-root.js';
import { keyTypes } from '../../src/pki/key-type.js';

export default class AutocaServe extends BaseCommand {
  static override summary = 'run the Auto CA, where invited guests get their identities';
  static override description =
    'Serves plain HTTP; every enrolment in it is encrypted and authenticated by the secret of its invite. Runs until it is stopped (Ctrl-C).';
  static override examples = [
    '<%= config.bin %> autoca serve',
    '<%= config.bin %> autoca serve --host 127.0.0.1 --port 17595',
  ];
  static override enableJsonFlag = false;
  static override flags = {
    host: hostFlag,
    port: portFlag,
    'tls-port': tlsPortFlag,
    'metrics-port': metricsPortFlag,
    announce: announceFlag,
    key: Flags.string({
      description: `kind of the keys made for guests: ${keyTypes.join(', ')}`,
      default: 'p256',
      helpValue: 'TYPE',
    }),
    'require-local-key': Flags.boolean({ description: 'make no keys for guests: each makes its own' }),
    'ca-password-file': caPasswordFileFlag,
    database: databaseFlag,
    'database-password-file': databasePasswordFileFlag,
    'log-file': Flags.string({ description: 'append each event to this file as a line of JSON', helpValue: 'FILE' }),
    json: jsonLinesFlag,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(AutocaServe);
    const { deps } = this;
    const home = this.homeOf(flags);
    const { parseKeyType } = await import('../../src/pki/key-type.js');
    const keyType = parseKeyType(flags.key);
    const { findCaPassword } = await import('../../src/cli/ca/ca-password.js');
    const { chooseDatabase, describeDatabase } = await import('../../src/cli/autoca/choose-database.js');
    const { defaultMembersPort } = await import('../../src/enroll/members-wire.js');
    const { requireFreePorts } = await import('../../ca-server/free-port.js');
    const { serveWithSigner } = await import('../../ca-server/serve-with-signer.js');
    const { describeEvent } = await import('../../ca-server/describe-event.js');

    const log = await this.#openLog(flags['log-file']);
    const tell = (event: LoggedEvent, line = describeEvent(event)): void => {
      log?.write(event);
      if (flags.json) this.printJsonLine({ ...event, at: deps.clock().toISOString() });
      else this[event.event === 'listening' ? 'print' : 'note'](line);
    };
    const place = { port: flags.port, ...(flags.host !== undefined && { host: flags.host }) };
    const metricsPort = flags['metrics-port'];
    const tlsPort = flags['tls-port'] ?? (flags.port === 0 ? 0 : defaultMembersPort);
    const beforeAsking = () => requireFreePorts({ ...place, tlsPort });
    const password = await findCaPassword(home, { file: flags['ca-password-file'], beforeAsking }, deps);
    const served = await serveWithSigner(home, {
      ...place,
      deps,
      tlsPort,
      ...(metricsPort !== undefined && { metricsPort }),
      password,
      programs: join(packageRoot(), 'dist'),
      ...(flags.announce && {
        announce: {
          onTrouble: (reason: string) => tell({ event: 'unannounced', reason }),
        },
      }),
      homeWithLedger: async () => {
        const database = await chooseDatabase(home, flags, deps);
        const line = describeDatabase(database);
        if (database.shown !== undefined) tell({ event: 'database', database: database.shown }, line);
        return database.home;
      },
      keyType,
      requireLocalKey: flags['require-local-key'],
      log: (event) => tell(event),
      onCrash: (reason, again) => tell({ event: 'signer-ended', reason, again }),
    });
    try {
      const { addresses, port, members, metricsPort: forMetrics = null, circleId } = served;
      const ports = { port, tlsPort: members?.port ?? null, metricsPort: forMetrics };
      tell({ event: 'listening', addresses, ...ports, circleId });
      if (!flags.json) this.note('Next, in another terminal: qtchat autoca invite NAME   (Ctrl-C ends the Auto CA)');
      const end = deps.signal.aborted ? undefined : await Promise.race([once(deps.signal, 'abort'), served.lost]);
      if (isQTChatError(end)) throw end;
    } finally {
      await served.close();
    }
    tell({ event: 'stopped' });
    log?.close();
  }

  async #openLog(path: string | undefined): Promise<EventLog | undefined> {
    if (path === undefined) return undefined;
    const { openEventLog } = await import('../../ca-server/event-log.js');
    const onTrouble = (reason: string) => this.note(`The log file can't be written any more (${reason})`);
    return openEventLog(path, { clock: this.deps.clock, onTrouble });
  }
}
