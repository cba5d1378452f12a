/**
 * Events of a conversation as JSON objects, one a line: the stable form for programs. `event` says
 * what happened; dates are ISO strings; texts are as the peer wrote them, since JSON escapes them.
 */
import type { ConversationEvent, PeerDescription } from '../conversation/events.js';
import type { QTChatError } from '../errors.js';
import type { ExecEvent } from './exec/program-runner.js';

/** The JSON form of an event, or undefined for those that only faces need. */
export function eventToJson(event: ConversationEvent | ExecEvent): Record<string, unknown> | undefined {
  switch (event.type) {
    case 'listening': {
      const { host, port } = event.address;
      return { event: 'listening', host, port, wantedPort: event.wantedPort };
    }
    case 'waiting':
      return { event: 'waiting', who: event.who, reason: event.reason ? errorToJson(event.reason) : null };
    case 'connected':
      return { event: 'connected', ...event.peer, keyAgreement: keyAgreementToJson(event.peer.keyAgreement) };
    case 'disconnected':
      return { event: 'disconnected', member: event.member, reason: event.reason };
    case 'refused':
      return { event: 'refused', host: event.host ?? null, reason: errorToJson(event.error), count: event.count };
    case 'revocation': {
      const { freshness, thisUpdate, nextUpdate } = event;
      const dates = { thisUpdate: thisUpdate?.toISOString() ?? null, nextUpdate: nextUpdate?.toISOString() ?? null };
      return { event: 'revocation', freshness, ...dates };
    }
    case 'announced': {
      const { onLan, inDirectory, error } = event;
      return { event: 'announced', onLan, inDirectory, reason: error ? errorToJson(error) : null };
    }
    case 'renewed':
      return { event: 'renewed', notAfter: event.notAfter.toISOString() };
    case 'renewalFailed':
      return { event: 'renewalFailed', notAfter: event.notAfter.toISOString(), reason: errorToJson(event.error) };
    case 'message': {
      const { member, id, text, sentAt, replyTo } = event;
      return {
        event: 'message',
        member,
        id,
        text,
        sentAt: sentAt.toISOString(),
        ...(replyTo !== undefined && { replyTo }),
      };
    }
    case 'outgoing': {
      const { member, id, text, sentAt, replyTo } = event;
      const answers = replyTo === undefined ? {} : { replyTo };
      return { event: 'outgoing', member, id, text, sentAt: sentAt.toISOString(), ...answers };
    }
    case 'outgoingChange': {
      const { type, ...change } = event;
      return { event: type, ...change };
    }
    case 'outgoingFile':
      return { event: 'outgoingFile', member: event.member, name: event.name };
    case 'contactChanged':
      return { event: 'contactChanged', member: event.member };
    case 'edited': {
      const { member, id, text, sentAt } = event;
      return { event: 'edited', member, id, text, sentAt: sentAt.toISOString() };
    }
    case 'deleted':
      return { event: 'deleted', member: event.member, id: event.id, sentAt: event.sentAt.toISOString() };
    case 'reaction': {
      const { member, id, emoji, sentAt } = event;
      return { event: 'reaction', member, id, emoji, sentAt: sentAt.toISOString() };
    }
    case 'changeRefused': {
      const { member, id, kind, reason, count } = event;
      return { event: 'changeRefused', member, id, kind, reason, count };
    }
    case 'typing':
      return { event: 'typing', member: event.member };
    case 'seen':
    case 'sent':
    case 'delivered':
    case 'read':
      return { event: event.type, member: event.member, id: event.id };
    case 'fileOffered':
      return { event: 'fileOffered', member: event.member, ...event.file };
    case 'fileStarted':
      return { event: 'fileStarted', member: event.member, ...event.file, doneBytes: event.doneBytes };
    case 'filePaused':
    case 'fileResumed':
      return { event: event.type, member: event.member, ...event.file, by: event.by };
    case 'fileInterrupted':
      return { event: 'fileInterrupted', member: event.member, ...event.file, reason: errorToJson(event.error) };
    case 'fileDone': {
      const { file, root = null, sha256 = null } = event;
      // Where ours are, whoever sent them knows.
      const path = file.direction === 'in' ? (event.path ?? null) : null;
      return { event: 'fileDone', member: event.member, ...file, root, sha256, path };
    }
    case 'fileDeclined':
      return { event: 'fileDeclined', member: event.member, ...event.file, reason: event.reason };
    case 'fileFailed':
      return { event: 'fileFailed', member: event.member, ...event.file, reason: errorToJson(event.error) };
    case 'exec': {
      const { member, id, path, exitCode, signal, error } = event;
      return { event: 'exec', member, id, path, exitCode, signal, reason: error ? errorToJson(error) : null };
    }
    case 'callRinging':
    case 'callReconnecting': {
      const { type, member, id, direction } = event;
      return { event: type, member, id, direction };
    }
    case 'callConnected': {
      const { member, id, direction, resumed } = event;
      return { event: 'callConnected', member, id, direction, resumed };
    }
    case 'callEnded': {
      const { member, id, direction, reason, by, durationMs, missed, error } = event;
      const why = error === undefined ? null : errorToJson(error);
      return { event: 'callEnded', member, id, direction, reason, by, durationMs, missed, error: why };
    }
    case 'callStats': {
      const { type: _, ...stats } = event;
      return { event: 'callStats', ...stats };
    }
    case 'callDevices': {
      const { member, id, direction, input = null, output = null } = event;
      return { event: 'callDevices', member, id, direction, input, output };
    }
    case 'callPeerDevices': {
      const { type, member, id, direction, input, output } = event;
      return { event: type, member, id, direction, input, output };
    }
    case 'target':
      return { event: 'target', member: event.member };
    case 'stopped':
    case 'outgoingFileOver':
    case 'fileProgress':
    case 'callLevel':
      return undefined;
  }
}

/** Null where this side cannot know. */
function keyAgreementToJson({ group, postQuantum }: PeerDescription['keyAgreement']): object {
  return { group: group ?? null, postQuantum: postQuantum ?? null };
}

function errorToJson({ code, message, hint }: QTChatError): object {
  return { code, message, hint: hint ?? null };
}
