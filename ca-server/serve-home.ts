/** Runs the Auto CA of a home: with its ledger, and a record of where guests find it. */
import { reachableAddresses } from '../src/enroll/addresses.js';
import { writeAutoCaRecord } from '../src/enroll/autoca-record.js';
import { firstContactOf } from '../src/enroll/first-contact.js';
import { openLedger } from '../src/ledger/open.js';
import type { OpenedCa } from '../src/ledger/signer.js';
import { circleIdOf } from '../src/pki/circle.js';
import { issuingCertificate, rootCertificate } from '../src/pki/issuer.js';
import { keepNewerCrl } from '../src/store/crl.js';
import type { Home } from '../src/store/home.js';
import { loadProfile } from '../src/store/profiles.js';
import { announceRunning } from '../src/store/running.js';
import type { AutoCa } from './auto-ca.js';
import type { AutoCaEvent } from './event.js';
import type { KeyMaker } from './keys/key-maker.js';
import { listen } from './listen.js';
import { listenForMembers, type MembersServer } from './listen-members.js';
import { listenForMetrics, type MetricsServer } from './listen-metrics.js';
import { openRouter } from './members-app.js';
import { OwnCredentials } from './own-credentials.js';
import { startUpkeep } from './upkeep.js';
import { Watch } from './watch.js';

/** How to run it. */
export interface ServeOptions extends Pick<AutoCa, 'deps' | 'log' | 'limits' | 'requireLocalKey'> {
  readonly ca: OpenedCa;
  /** Makes keys for guests. Whoever started it ends it. */
  readonly keys: KeyMaker;
  /** Listen on this address alone; on all when left out. */
  readonly host?: string;
  /** 0 for any free one. */
  readonly port: number;
  /** The port for members, 0 for any free one; without it members have none. */
  readonly tlsPort?: number;
  /** A port for metrics on this machine alone, 0 for any free one; none when left out. */
  readonly metricsPort?: number;
}

/** A running Auto CA. */
export interface ServedHome {
  readonly circleId: string;
  /** By which guests reach it, in order of trial. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** The port for members. */
  readonly members?: MembersServer;
  /** The port for metrics. */
  readonly metricsPort?: number;
  close(): Promise<void>;
}

/** How long the host counts as who it was: its identity is not read for each of many guests. */
const contactMaxAgeMs = 1_000;

/**
 * Starts the Auto CA of `home` and records its addresses there.
 *
 * @throws {QTChatError} what `openLedger` and `listen` throw
 */
export async function serveHome(home: Home, options: ServeOptions): Promise<ServedHome> {
  const { ca, keys, deps, limits, requireLocalKey = false, host, port, tlsPort } = options;
  const profile = await loadProfile();
  const circleId = circleIdOf(rootCertificate(ca));
  const addresses = reachableAddresses(host);
  // What was started is ended in reverse order, also when a later step fails.
  const endings: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (let end = endings.pop(); end !== undefined; end = endings.pop()) await end();
  };
  try {
    const ledger = await openLedger(home);
    endings.push(() => ledger.destroy());
    const signer = await ca.signerFor(ledger);
    const watch = new Watch({ ledger, deps });
    const log = (event: AutoCaEvent): void => {
      watch.note(event);
      options.log(event);
    };
    const contact = remembering(() => firstContactOf(home, circleId, addresses));
    const world = {
      deps,
      log,
      watch,
      requireLocalKey,
      host: contact,
      loadProfile: (name: string) => loadProfile(name, home),
    };
    let members: MembersServer | undefined;
    const membersPort = (): number | undefined => members?.port;
    const autoCa: AutoCa = {
      ledger,
      signer,
      profile,
      keys,
      membersPort,
      ...world,
      ...(limits !== undefined && { limits }),
    };
    const place = host === undefined ? {} : { host };
    const own = new OwnCredentials(autoCa, addresses);
    const open = tlsPort === undefined ? {} : { open: openRouter(autoCa, own) };
    endings.push(await startUpkeep(autoCa));
    const server = await listen(autoCa, { ...place, port, ...open });
    endings.push(() => server.close());
    if (tlsPort !== undefined) {
      const opened = await listenForMembers(autoCa, own, {
        ...place,
        port: tlsPort,
        // The members of this home should know it too.
        onCrl: (der) => keepNewerCrl(home, circleId, der, issuingCertificate(ca)),
      });
      endings.push(() => opened.close());
      members = opened;
    }
    let metrics: MetricsServer | undefined;
    if (options.metricsPort !== undefined) {
      metrics = await listenForMetrics(autoCa, options.metricsPort);
      endings.push(metrics.close);
    }
    const ports = { port: server.port, ...(members !== undefined && { membersPort: members.port }) };
    await writeAutoCaRecord(home, { addresses, ...ports });
    endings.push(await announceRunning(home, { service: 'autoca', pid: process.pid, port: server.port }));
    return {
      circleId,
      addresses,
      port: server.port,
      ...(members !== undefined && { members }),
      ...(metrics !== undefined && { metricsPort: metrics.port }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function remembering(ask: AutoCa['host']): AutoCa['host'] {
  let last: { readonly at: number; readonly answer: ReturnType<AutoCa['host']> } | undefined;
  return () => {
    const now = performance.now();
    if (last === undefined || now - last.at >= contactMaxAgeMs) last = { at: now, answer: ask() };
    last.answer.catch(() => {
      last = undefined;
    });
    return last.answer;
  };
}
