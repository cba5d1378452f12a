/** Hosts of a test: network namespaces of its own, joined by a virtual cable, gone afterwards. */
import { spawnSync } from 'node:child_process';

/** Runs `ip` and fails with what it said. */
function ip(...words: string[]): void {
  const { status, stderr } = spawnSync('ip', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr}`);
}

/** A set of hosts that {@link TestNetwork.remove} takes away again. */
export class TestNetwork {
  readonly #namespaces: string[] = [];
  readonly #prefix: string;

  constructor() {
    this.#prefix = `qt${process.pid}`;
  }

  /** Two hosts on one cable, each with its address. Returns their namespaces. */
  pair(left: string, right: string): [string, string] {
    const [a, b] = [this.#add(), this.#add()];
    const [cableA, cableB] = [`${a}c`, `${b}c`];
    ip('link', 'add', cableA, 'type', 'veth', 'peer', 'name', cableB);
    for (const [namespace, cable, address] of [
      [a, cableA, left],
      [b, cableB, right],
    ] as const) {
      ip('link', 'set', cable, 'netns', namespace);
      ip('-n', namespace, 'addr', 'add', `${address}/24`, 'dev', cable);
      ip('-n', namespace, 'link', 'set', cable, 'up');
    }
    return [a, b];
  }

  /** One host with an address of its own. Returns its namespace. */
  single(address: string): string {
    const namespace = this.#add();
    ip('-n', namespace, 'addr', 'add', `${address}/32`, 'dev', 'lo');
    return namespace;
  }

  /** Takes all hosts away. */
  remove(): void {
    for (const namespace of this.#namespaces.splice(0)) ip('netns', 'del', namespace);
  }

  #add(): string {
    const namespace = `${this.#prefix}n${this.#namespaces.length}`;
    ip('netns', 'add', namespace);
    this.#namespaces.push(namespace);
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
    return namespace;
  }
}
