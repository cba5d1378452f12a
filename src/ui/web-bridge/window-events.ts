/** Events as the window hears them: those of docs/JSONL.md, and those that are for the eye alone. */
import type { ConversationEvent } from '../../conversation/events.js';
import { eventToJson } from '../json-lines.js';

/** One event for the window. */
export interface WindowEvent {
  readonly value: Readonly<Record<string, unknown>>;
  /** Whether the next one of its kind makes it worthless. */
  readonly isFleeting: boolean;
}

/** The form of an event for the window; undefined for what it does not show. */
export function windowEvent(event: ConversationEvent): WindowEvent | undefined {
  switch (event.type) {
    case 'fileProgress': {
      const { member, file, doneBytes, bytesPerSecond = null, leftMs } = event;
      const etaSeconds = leftMs === undefined ? null : Math.ceil(leftMs / 1000);
      return fleeting({ event: 'fileProgress', member, ...file, doneBytes, bytesPerSecond, etaSeconds });
    }
    case 'callLevel': {
      const { member, id, direction, local, remote } = event;
      return fleeting({ event: 'callLevel', member, id, direction, local, remote });
    }
    // A tab is told how the contact stands then.
    case 'contactChanged':
    case 'seen':
      return undefined;
    case 'typing':
    case 'callStats':
      return fleeting(eventToJson(event) ?? {});
    default: {
      const value = eventToJson(event);
      return value && { value, isFleeting: false };
    }
  }
}

function fleeting(value: WindowEvent['value']): WindowEvent {
  return { value, isFleeting: true };
}
