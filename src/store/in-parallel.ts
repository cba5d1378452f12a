/** Work on many small files: the system does a few at a time, whatever each of them waits for. */

// As many as the threads of Node's pool and as many again that wait for them.
const atOnce = 8;

/** Runs `action` on each item, a few at a time, begun in order; rejects with the first failure, when none is running. */
export async function inParallel<Item>(items: Iterable<Item>, action: (item: Item) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]();
  let failure: { error: unknown } | undefined;
  const lane = async (): Promise<void> => {
    for (let next = rest.next(); !next.done && failure === undefined; next = rest.next()) {
      try {
        await action(next.value);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  if (failure !== undefined) throw failure.error;
}
