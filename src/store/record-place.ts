/** What conversations are called in the tables, and the places that their records are sealed for. */

/** Who talks with whom: our name and the peer's in a circle. */
export interface ConversationKey {
  readonly circleId: string;
  readonly self: string;
  readonly peer: string;
}

/** How the tables call a conversation. */
export function conversationName({ circleId, self, peer }: ConversationKey): string {
  return `${circleId}/${self}/${peer}`;
}

/** The place that a message is sealed for. */
export function recordPlace(conversation: string, direction: 'in' | 'out', uuid: string): string[] {
  return ['messages', `${direction}/${uuid}`, conversation];
}
