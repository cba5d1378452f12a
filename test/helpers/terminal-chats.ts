/** Chats of members of one circle, each in a terminal of its own. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { speakAs } from '../../src/store/home.js';
import { type Identity, saveIdentity } from '../../src/store/identities.js';
import { listRunning, type Running } from '../../src/store/running.js';
import { makeCircle, type TestCircle } from './certificates.js';
import { makeIdentity } from './identity.js';
import { type Pane, type PaneWorld, runs, type Shown, TestTmux, until } from './tmux.js';

/** A chat in a terminal. */
export interface TerminalMember {
  readonly home: string;
  readonly pane: Pane;
  readonly pid: number;
  /** Where it listens, as WHO. */
  readonly who: string;
}

/** The terminals of one test file, and the homes of those who sit at them. */
export class TerminalChats {
  readonly tmux = new TestTmux();
  readonly folder = mkdtempSync(join(tmpdir(), 'qtchat-terminals-'));
  #circle: Promise<TestCircle> | undefined;

  /** A fresh identity of the circle of these terminals. */
  async identity(member: string): Promise<Identity> {
    this.#circle ??= makeCircle();
    return makeIdentity(await this.#circle, { member, ips: ['127.0.0.1'] });
  }

  /** A home for a member, new at every call. */
  async home(member: string): Promise<string> {
    const folder = mkdtempSync(join(this.folder, `${member}-`));
    await saveIdentity({ folder }, await this.identity(member), { replace: false });
    await speakAs({ folder }, member);
    return folder;
  }

  /** A shell in a home of its own, or in a given one. */
  async shell(member: string, world: Partial<PaneWorld> = {}): Promise<{ home: string; pane: Pane }> {
    const home = world.home ?? (await this.home(member));
    return { home, pane: await this.tmux.open({ ...world, home }) };
  }

  /** A chat that listens; with peers, it dials them too. */
  async chat(
    member: string,
    peers: readonly TerminalMember[] = [],
    world: Partial<PaneWorld> = {},
  ): Promise<TerminalMember> {
    const { home, pane } = await this.shell(member, world);
    await pane.enter(chatLine(peers));
    return { home, pane, ...(await this.running(pane, home)) };
  }

  /** Resolves once a chat is on the screen and runs in that home. */
  async running(pane: Pane, home: string): Promise<{ pid: number; who: string }> {
    let found: Running | undefined;
    await pane.sees(async ({ isAlternate }) => {
      if (isAlternate) [found] = await listRunning({ folder: home });
      return found !== undefined;
    });
    const { pid = 0, port = 0 } = found ?? {};
    return { pid, who: `127.0.0.1:${port}` };
  }

  /** Two who are here for each other; the first one waited. */
  async pair(world: Partial<PaneWorld> = {}): Promise<[TerminalMember, TerminalMember]> {
    const alice = await this.chat('alice', [], world);
    const bob = await this.chat('bob', [alice], world);
    await alice.pane.sees(isHere('bob'));
    await bob.pane.sees(isHere('alice'));
    return [alice, bob];
  }

  /** Ends them all, and waits for it. */
  async end(): Promise<void> {
    const homes = readdirSync(this.folder).map((name) => ({ folder: join(this.folder, name) }));
    const running = (await Promise.all(homes.map(listRunning))).flat();
    await this.tmux.end();
    await until(() => !running.some(({ pid }) => runs(pid)));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What is typed into a shell. */
export function chatLine(peers: readonly { readonly who: string }[], listen = '127.0.0.1:0'): string {
  return ['qtchat chat --listen', listen, ...peers.map(({ who }) => `--peer ${who}`)].join(' ');
}

/** The conversation that is shown is with that member, who is here. */
export function isHere(member: string): (shown: Shown) => boolean {
  return ({ rows }) => (rows[0] ?? '').startsWith(` ${member} ● verified by circle `);
}

/** The conversation that is shown is with that member, who is away. */
export function isAway(member: string): (shown: Shown) => boolean {
  return ({ rows }) => (rows[0] ?? '').startsWith(` ${member} ○ not here`);
}
