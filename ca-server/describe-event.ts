/** Words for the host's log. */
import { escapeControls } from '../src/errors.js';
import type { LoggedEvent } from './event.js';

/** One line for one event; nothing in it can move a cursor. */
export function describeEvent(event: LoggedEvent): string {
  return escapeControls('address' in event ? `${wordsOf(event)} (${event.address})` : wordsOf(event));
}

function wordsOf(event: LoggedEvent): string {
  switch (event.event) {
    case 'reserved':
      return `${event.member} was answered; certificate ${event.serialNumber}`;
    case 'enrolled':
      return `${event.member} has joined; invite ${event.invite} is spent`;
    case 'unconfirmed':
      return `${event.member} did not confirm; invite ${event.invite} may be used again for 15 minutes`;
    case 'renewed':
      return `Certificate ${event.formerSerialNumber} was renewed as ${event.serialNumber}`;
    case 'held': {
      const why = event.reason === 'expired' ? 'it has expired' : 'it was renewed with another key before';
      return `Held: the renewal of ${event.formerSerialNumber}, because ${why}; see qtchat autoca renewals`;
    }
    case 'revoked':
      return `${event.member} has revoked its certificate ${event.serialNumber} (${event.reason})`;
    case 'requested':
      return `Request ${event.request} waits; its words: ${event.words}. To decide: qtchat autoca approve or deny ${event.request}`;
    case 'gone':
      return `Request ${event.request}: the guest has left`;
    case 'unwatched':
      return `Requests can't be decided: ${event.reason}`;
    case 'fetched':
      return `The file of ${event.member} was fetched by link ${event.invite}, download ${event.download}`;
    case 'refused':
      return `Refused: ${event.reason}`;
    case 'failed':
      return `Failed: ${event.reason}; request ${event.requestId}`;
    case 'database':
      return `The ledger is on ${event.database}`;
    case 'listening': {
      const forMembers = event.tlsPort === null ? '' : `, for members ${event.tlsPort}`;
      const forMetrics = event.metricsPort === null ? '' : `, for metrics 127.0.0.1:${event.metricsPort}`;
      return `Auto CA: ${event.addresses.join(', ')} port ${event.port}${forMembers}${forMetrics}`;
    }
    case 'unannounced':
      return `Guests can't find it by themselves: ${event.reason}`;
    case 'signer-ended': {
      const then = event.again ? 'it is started again' : 'nothing can be issued any more';
      return `The process with the CA key has ended (${event.reason}): ${then}`;
    }
    case 'stopped':
      return 'Auto CA: stopped';
  }
}
