/** A local network in memory: what is announced is found, until it is withdrawn. */
import { randomBytes } from 'node:crypto';
import type { Announcement, FoundOnLan, Lan, LanOptions, LanSearch } from '../../src/enroll/lan.js';

/** A network that tests can look at. */
export class FakeLan implements Lan {
  readonly announced = new Set<FoundOnLan & { readonly type: string }>();
  /** Every search, in order. */
  readonly searches: LanSearch[] = [];
  /** Says why nothing can be announced. */
  trouble: string | undefined;

  /** Puts a service there that nobody of the test announces. */
  add(type: string, found: Partial<FoundOnLan>): void {
    this.announced.add({
      type,
      address: '127.0.0.1',
      port: 1,
      name: randomBytes(8).toString('hex'),
      said: {},
      ...found,
    });
  }

  async announce(
    { type, port, say }: Announcement,
    { host, onTrouble }: LanOptions = {},
  ): Promise<() => Promise<void>> {
    if (this.trouble !== undefined) onTrouble?.(this.trouble);
    const name = randomBytes(8).toString('hex');
    const service = { type, address: host ?? '127.0.0.1', port, name, said: say?.(name) ?? {} };
    this.announced.add(service);
    return async () => void this.announced.delete(service);
  }

  async find(search: LanSearch): Promise<FoundOnLan[]> {
    this.searches.push(search);
    return [...this.announced].filter((one) => one.type === search.type && search.isMeant?.(one) !== false);
  }
}
