/** How a chat takes a terminal and gives it back, whatever ends it. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { systemErrorCode } from '../../../src/errors.js';
import { describeWith } from '../../helpers/require-program.js';
import { chatLine, isHere, TerminalChats, type TerminalMember } from '../../helpers/terminal-chats.js';
import { type Pane, type PaneWorld, runs, until } from '../../helpers/tmux.js';

// What is not seen in time is told with the screen.
jest.setTimeout(120_000);

describeWith('tmux', 'the terminal of a chat', () => {
  let chats: TerminalChats;
  beforeEach(() => {
    chats = new TerminalChats();
  });
  afterEach(() => chats.end());

  /** A chat in a shell in which something was done before. */
  async function chatAfterWork(world: Partial<PaneWorld> = {}): Promise<TerminalMember> {
    const { home, pane } = await chats.shell('alice', world);
    await pane.enter('stty -a > before; echo what was here before');
    await pane.sees(/^what was here before$/m);
    await pane.enter(chatLine([]));
    const running = await chats.running(pane, home);
    const { text, wraps } = await pane.shown();
    expect(text).not.toContain('what was here before');
    expect(wraps).toBe(false);
    return { home, pane, ...running };
  }

  /** The terminal is as it was, and the exit code of the chat as wanted. */
  async function expectRestored(pane: Pane, exitCode: number): Promise<string> {
    const shown = await pane.sees(({ isAlternate, rows }) => !isAlternate && rows.includes('$'));
    expect(shown).toMatchObject({ cursor: { isVisible: true }, wraps: true });
    expect(shown.rows).toContain('what was here before');
    await pane.enter('echo "code $?"; stty -a > after; cmp before after && echo as before');
    await pane.sees(/^as before$/m);
    await pane.sees(new RegExp(`^code ${exitCode}$`, 'm'));
    const written = pane.raw().toString('utf8');
    expect(written.lastIndexOf('\u001b[?1004l')).toBeGreaterThan(written.lastIndexOf('\u001b[?1004h'));
    expect(written.lastIndexOf('\u001b[?1049l')).toBeGreaterThan(written.lastIndexOf('\u001b[?1049h'));
    return shown.text;
  }

  it('is as it was after /quit', async () => {
    const { pane } = await chatAfterWork();
    await pane.enter('/quit');
    await expectRestored(pane, 0);
  });

  it('is as it was after Ctrl-C, which has to be pressed twice and first drops what was typed', async () => {
    const { pane } = await chatAfterWork();
    await pane.type('half a thought');
    await pane.sees(/^> half a thought$/m);
    await pane.press('C-c');
    await pane.sees('Ctrl-C again leaves');
    await pane.sees(/^>$/m);
    await pane.press('C-c');
    await expectRestored(pane, 0);
  });

  it('is as it was after Ctrl-D in an empty line, and not in another one', async () => {
    const { pane } = await chatAfterWork();
    await pane.type('x');
    await pane.press('C-d');
    await pane.press('C-u', 'C-d');
    await expectRestored(pane, 0);
  });

  it('is as it was after SIGTERM', async () => {
    const { pane, pid } = await chatAfterWork();
    process.kill(pid, 'SIGTERM');
    await expectRestored(pane, 0);
  });

  it('is as it was after a crash, and shows what went wrong', async () => {
    const trap = join(chats.folder, 'crash.cjs');
    writeFileSync(trap, "process.on('SIGUSR2', () => { throw new Error('a gap in the floor'); });\n");
    const { pane, pid } = await chatAfterWork({ env: { NODE_OPTIONS: `--require ${trap}` } });
    process.kill(pid, 'SIGUSR2');
    expect(await expectRestored(pane, 1)).toContain('a gap in the floor');
  });

  it('is given back at once, though the peer answers no farewell', async () => {
    const alice = await chatAfterWork();
    const bob = await chats.chat('bob', [alice]);
    await alice.pane.sees(isHere('bob'));
    process.kill(bob.pid, 'SIGSTOP');
    try {
      await alice.pane.enter('/quit');
      await alice.pane.sees(({ isAlternate }) => !isAlternate);
      expect(runs(alice.pid)).toBe(true);
      await expectRestored(alice.pane, 0);
    } finally {
      // Going on, it would only stop again: its shell has the terminal.
      process.kill(bob.pid, 'SIGKILL');
    }
  });

  it('belongs to the shell after Ctrl-Z, and comes back whole with fg', async () => {
    const alice = await chatAfterWork();
    const bob = await chats.chat('bob', [alice]);
    await alice.pane.sees(isHere('bob'));
    await bob.pane.enter('before the break');
    await alice.pane.sees('before the break');
    await alice.pane.press('C-z');
    const stopped = await alice.pane.sees(/Stopped/);
    expect(stopped).toMatchObject({ isAlternate: false, wraps: true, cursor: { isVisible: true } });
    expect(stopped.rows).toContain('what was here before');
    await bob.pane.enter('during the break');
    await alice.pane.enter('fg');
    const { text } = await alice.pane.sees('during the break');
    expect(text).toMatch(/^ bob ● .*bob: before the break\n.*\n>$/s);
    await alice.pane.enter('and after it');
    await bob.pane.sees('alice: and after it');
    await alice.pane.enter('/quit');
    await expectRestored(alice.pane, 0);
  });

  it('stays with the chat after Ctrl-Z where there is no shell to give it to', async () => {
    const { home, pane } = await chats.shell('alice');
    await pane.enter(`exec ${chatLine([])}`);
    const { pid } = await chats.running(pane, home);
    await pane.press('C-z');
    await pane.sees(() => pane.raw().toString('utf8').split('\u001b[?1049h').length === 3);
    await pane.type('still here');
    await pane.sees(/^> still here$/m);
    await pane.press('C-u', 'C-d');
    await until(() => !runs(pid));
  });

  it.each([
    ['a window that is closed', ''],
    ['a terminal that is lost where nobody is told', "trap '' HUP; "],
  ])('ends with %s, and frees its port', async (_, before) => {
    const { home, pane } = await chats.shell('alice');
    await pane.enter(`${before}${chatLine([])}`);
    const { pid, who } = await chats.running(pane, home);
    await pane.kill();
    await until(() => !runs(pid));
    await until(async () => (await connectTo(who)) === 'ECONNREFUSED');
  });

  it('is not taken for somebody without an identity, who reads in one line what to do', async () => {
    const { pane } = await chats.shell('nobody', { home: join(chats.folder, 'nobody') });
    await pane.enter('qtchat chat; echo "code $?"');
    const { text } = await pane.sees(/^code 3$/m);
    expect(text).toMatch(/^Error: there is no identity .*qtchat enroll/ms);
    expect(pane.raw().toString('utf8')).not.toContain('\u001b[?1049h');
  });

  it.each([
    ['a terminal that cannot move its cursor', 'TERM=dumb qtchat chat'],
    ['those who want lines', 'qtchat chat --plain'],
  ])('is not taken for %s', async (_, line) => {
    const alice = await chats.chat('alice');
    const { pane } = await chats.shell('bob');
    await pane.enter(`${line} --listen 127.0.0.1:0 --peer ${alice.who}`);
    await pane.sees(/^alice is here/m);
    await pane.enter('in a line');
    await alice.pane.sees('bob: in a line');
    await alice.pane.enter('on a screen');
    await pane.sees(/^alice: on a screen/m);
    await pane.enter('/quit');
    await pane.sees(/\n\$\n*$/);
    expect(pane.raw().toString('utf8')).not.toContain('\u001b[?1049h');
  });

  it('has no colours where NO_COLOR asks for none', async () => {
    const { pane } = await chats.chat('alice', [], { env: { NO_COLOR: '1' } });
    await pane.enter('/help');
    await pane.sees('/quit');
    const drawn = pane.raw().toString('utf8').split('\u001b[?1049h')[1] ?? '';
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
    const styles = drawn.match(/\u001b\[[\d;]*m/g);
    expect(new Set(styles)).toEqual(new Set(['\u001b[0m', '\u001b[7m', '\u001b[27m']));
  });
});

/** What comes of connecting to it. */
async function connectTo(who: string): Promise<string | undefined> {
  const socket = connect(Number(who.split(':')[1]), '127.0.0.1');
  try {
    await once(socket, 'connect');
    return 'connected';
  } catch (error) {
    return systemErrorCode(error);
  } finally {
    socket.destroy();
  }
}
