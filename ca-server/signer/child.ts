/**
 * The process that alone holds the CA key while `autoca serve` runs. It is told once, over the pipe to its
 * parent, which CA to open; then it signs what the ledger holds, for whoever may open its socket. It ends
 * with its parent, however that ends.
 */
import { toPlainError } from '../../src/errors.js';
import type { LedgerLocation } from '../../src/ledger/location.js';
import { openLedgerAt } from '../../src/ledger/open.js';
import { createSigner } from '../../src/ledger/signer.js';
import type { Issuer } from '../../src/pki/issuer.js';
import { openIssuer } from '../../src/store/ca.js';
import type { Home } from '../../src/store/home.js';
import { prepareSignerPlace, type SignerPlace } from '../../src/store/signer-socket.js';
import { serveSigner } from './signer-server.js';
import type { SignerReport, SignerTask } from './start-signer.js';

let issuer: Issuer | undefined;
let home: Home | undefined;
let place: SignerPlace | undefined;

// Ctrl-C and a service manager's SIGTERM reach the whole group: the parent decides when it is over.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.once('disconnect', () => void end());
process.on('message', (task: SignerTask) => void answer(task));

async function answer(task: SignerTask): Promise<void> {
  try {
    if (task.type === 'open') {
      home = { folder: task.folder };
      issuer = await openIssuer(home, task.password);
    } else if (home !== undefined && issuer !== undefined) {
      await serve(home, issuer, task.location);
    }
    report({ type: 'done' });
  } catch (error) {
    report({ type: 'failed', ...toPlainError(error, 'the process for the CA key could not start') });
  }
}

async function serve(home: Home, issuer: Issuer, location: LedgerLocation): Promise<void> {
  const ledger = await openLedgerAt(location);
  place = await prepareSignerPlace(home);
  // A socket has the mode that the mask leaves it, from its first moment on.
  process.umask(0o177);
  await serveSigner(createSigner(issuer, { ledger, home }, { clock: () => new Date() }), place.path);
}

function report(report: SignerReport): void {
  process.send?.(report);
}

async function end(): Promise<void> {
  await place?.remove();
  process.exit();
}
