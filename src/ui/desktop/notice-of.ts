/** Which events a user who looks elsewhere is told of, and in which words. */
import type { ConversationEvent } from '../../conversation/events.js';

/** What of an event is worth a notification: whom it is from, and the text as it came; undefined for all others. */
export function noticeOf(event: ConversationEvent): { readonly member: string; readonly text: string } | undefined {
  switch (event.type) {
    case 'message':
      return { member: event.member, text: event.text };
    case 'fileOffered':
      return { member: event.member, text: `offers ${event.file.name}` };
    case 'callRinging':
      return event.direction === 'in' ? { member: event.member, text: 'calls you' } : undefined;
    case 'callEnded':
      return event.missed ? { member: event.member, text: 'missed call' } : undefined;
    default:
      return undefined;
  }
}
