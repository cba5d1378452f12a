/** Events of a conversation as lines for people. All that comes from peers is escaped here. */
import type { AnnouncedState } from '../../conversation/announce.js';
import { declined } from '../../conversation/deliver.js';
import type { ConversationEvent } from '../../conversation/events.js';
import type { RevocationState } from '../../conversation/revocation-watch.js';
import { dayOf } from '../../pki/day.js';
import type { DeclineReason } from '../../protocol/messages.js';
import type { ExecEvent } from '../exec/program-runner.js';
import { describeCallEnd, describePeerDevices, wasNotAnswered } from './describe-call.js';
import { describeError } from './describe-error.js';
import { escapeText } from './escape-text.js';
import { describeSize } from './size.js';

/** One line, and whether it is what was asked for (stdout) or about it (stderr). */
export interface Line {
  readonly text: string;
  readonly isResult: boolean;
}

/** The line for an event, or undefined where there is nothing to say. */
export function describeEvent(event: ConversationEvent | ExecEvent): Line | undefined {
  switch (event.type) {
    case 'message':
      return result(`${event.member}: ${answerOf(event)}${event.text}`);
    case 'edited':
      return result(`${event.member} (edited): ${event.text}`);
    case 'fileDone': {
      const { direction, name } = event.file;
      if (direction === 'out') return status(`${event.member} has ${name}`);
      return result(`${event.member} sent ${name}: ${event.path ?? ''}`);
    }
    default: {
      const text = describeStatus(event);
      return text === undefined ? undefined : status(text);
    }
  }
}

function describeStatus(event: ConversationEvent | ExecEvent): string | undefined {
  switch (event.type) {
    case 'listening':
      return describeListening(event.address.port, event.wantedPort);
    case 'waiting':
      return `waiting for ${event.who}${event.reason === undefined ? '' : `: ${event.reason.message}`}`;
    case 'connected': {
      const { member, address, security, keyOrigin } = event.peer;
      const origin = keyOrigin === 'server' ? '; key made by its host' : '';
      return `${member} is here (circle verified, ${security}, ${address.host}${origin})`;
    }
    case 'disconnected':
      return `${event.member} is gone: ${event.reason}`;
    case 'refused': {
      const { host, error, count } = event;
      const what = count === 1 ? 'a connection' : `${count} connections`;
      return `refused ${what}${host === undefined ? '' : ` from ${host}`}: ${describeError(error)}`;
    }
    case 'revocation':
      return describeRevocation(event);
    case 'announced':
      return describeAnnounced(event);
    case 'renewed':
      return `your certificate was renewed, until ${dayOf(event.notAfter)}`;
    case 'renewalFailed':
      return `your certificate ends on ${dayOf(event.notAfter)} and cannot be renewed: ${describeError(event.error)}`;
    case 'deleted':
      return `${event.member} deleted a message`;
    case 'reaction': {
      const { member, emoji, quoted } = event;
      const to = quoted === undefined ? 'a message' : excerpt(quoted);
      return emoji === '' ? `${member} took back a reaction to ${to}` : `${member} reacts ${emoji} to ${to}`;
    }
    case 'changeRefused': {
      const { member, kind, reason, count } = event;
      const times = count === 1 ? '' : `, ${count} times`;
      return `refused ${changeNames[kind]} a message for ${member}${times}: ${refusalTexts[reason]}`;
    }
    case 'fileOffered': {
      const size = describeSize(event.file.sizeBytes);
      const what = event.file.isFolder ? 'the folder ' : '';
      return `${event.member} offers ${what}${event.file.name} (${size}): /accept or /decline`;
    }
    case 'fileStarted': {
      const { direction, name, sizeBytes } = event.file;
      const size = describeSize(sizeBytes);
      const rest = event.doneBytes === 0 ? '' : `, of which ${describeSize(event.doneBytes)} are there`;
      const what = `${name} (${size}${rest})`;
      return direction === 'in' ? `receiving ${what} from ${event.member}` : `sending ${what}`;
    }
    case 'filePaused':
      return `${event.file.name} is paused${event.by === 'peer' ? ` by ${event.member}` : ': /resume lets it go on'}`;
    case 'fileResumed':
      return `${event.file.name} goes on`;
    case 'fileInterrupted':
      return `${event.file.name} waits: ${event.error.message}. It goes on when ${event.member} is here`;
    case 'fileDeclined': {
      const { direction, name } = event.file;
      if (direction === 'out') return declined(event.member, event.file, event.reason).message;
      const why = event.reason === 'declined' ? '' : ` (${ownDeclineReasons[event.reason]})`;
      return `declined ${name} from ${event.member}${why}`;
    }
    case 'fileFailed':
      return `${event.file.name} failed: ${describeError(event.error)}`;
    case 'callRinging':
      return event.direction === 'in' ? `${event.member} calls: /answer or /reject` : `it rings at ${event.member}`;
    case 'callConnected':
      return event.resumed
        ? `the call with ${event.member} goes on`
        : `you are connected with ${event.member}: /mute, /stats, /hangup`;
    case 'callReconnecting':
      return `the call with ${event.member} has broken off: reconnecting…`;
    case 'callDevices':
      if (event.output === undefined) return `no speaker: you cannot hear ${event.member}`;
      return event.input === undefined ? `no microphone: ${event.member} cannot hear you` : undefined;
    case 'callPeerDevices':
      return describePeerDevices(event);
    case 'callEnded':
      return describeCallEnd(event.member, event.direction, event) + (wasNotAnswered(event) ? voicemailHint : '');
    case 'exec': {
      const { name, exitCode, signal, error } = event;
      if (exitCode === 0) return undefined;
      const how = signal === null ? `ended with exit code ${exitCode}` : `was ended by ${signal}`;
      return `${name}: ${error === undefined ? `the program of --exec ${how}` : error.message}`;
    }
    default:
      return undefined;
  }
}

/** Why this side declined a file by itself. */
export const ownDeclineReasons: Readonly<Record<Exclude<DeclineReason, 'declined'>, string>> = {
  'too-large': 'it is larger than what is taken unasked',
  name: 'not every system takes such a name',
  busy: 'too many files wait already',
  unsupported: 'no files are taken now',
  'no-room': 'there is no room for it on the disk',
  quota: 'it has sent as much as one may in a day',
};

const voicemailHint = ': /voicemail leaves a message';
const changeNames = { edit: 'to change', delete: 'to delete', reaction: 'a reaction to' } as const;
const refusalTexts = {
  unknown: 'it is not here',
  'not-author': 'it is not theirs',
  deleted: 'it was deleted',
} as const;

function answerOf({ replyTo, quoted }: { replyTo?: string; quoted?: string }): string {
  if (replyTo === undefined) return '';
  return quoted === undefined ? '(to a message that is not here) ' : `(to ${excerpt(quoted)}) `;
}

const excerptLength = 40;

/** The beginning of a text, in quotes; never half a character. */
function excerpt(text: string): string {
  const characters = [...text.slice(0, 4 * excerptLength)];
  const isLong = characters.length > excerptLength || text.length > 4 * excerptLength;
  return isLong ? `"${characters.slice(0, excerptLength).join('')}…"` : `"${text}"`;
}

function describeRevocation({ freshness, thisUpdate }: RevocationState): string | undefined {
  if (freshness === 'fresh') return undefined;
  if (thisUpdate === undefined) return 'who was revoked is not known: no revocation list has been fetched yet';
  return `who was revoked lately is not known: the newest revocation list is of ${dayOf(thisUpdate)}`;
}

function describeAnnounced({ onLan, inDirectory, error }: AnnouncedState): string {
  const places = [...(onLan ? ['on this network'] : []), ...(inDirectory ? ["in the Auto CA's directory"] : [])];
  const trouble = error === undefined ? '' : ` (${error.message})`;
  return `members find you by name ${places.length === 0 ? 'nowhere' : places.join(' and ')}${trouble}`;
}

function describeListening(port: number, wantedPort: number): string {
  const taken = wantedPort === 0 || wantedPort === port ? '' : `, because ${wantedPort} is taken`;
  return `listening on port ${port}${taken}`;
}

function result(text: string): Line {
  return { text: escapeText(text), isResult: true };
}

function status(text: string): Line {
  return { text: escapeText(text), isResult: false };
}
