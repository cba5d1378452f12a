// What a session needs of a store of messages, in memory: nothing of it outlives the process.
export class MemoryStore {
  #queued = [];
  #sequence = 0;
  #cursor = 0;

  async queue(drafts) {
    return drafts.map(({ id, sentAt, kind, text }) => {
      this.#sequence += 1;
      const message = { id, sentAt, kind, text, sequence: this.#sequence };
      this.#queued.push(message);
      return message;
    });
  }

  async queuedAfter(sequence, limit) {
    return this.#queued.filter((message) => message.sequence > sequence).slice(0, limit);
  }

  async delivered(sequence) {
    const ids = this.#queued.filter((message) => message.sequence <= sequence).map(({ id }) => id);
    this.#queued = this.#queued.filter((message) => message.sequence > sequence);
    return { ids, cursor: sequence };
  }

  async receive(_, messages) {
    return messages.map(({ sequence }) => {
      const isNew = sequence > this.#cursor;
      this.#cursor = Math.max(this.#cursor, sequence);
      return isNew ? 'done' : 'known';
    });
  }

  async receivedCursors() {
    return [];
  }

  async seenUpTo() {
    return 0;
  }
}
