import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { askServer, serverFrom } from '../../../src/cli/enroll/ask-server.js';
import { FakeLan } from '../../helpers/fake-lan.js';
import { fakeTerminal } from '../../helpers/fake-terminal.js';

type Found = { readonly address: string; readonly port: number };

const [first, second] = [
  { address: '192.168.1.100', port: 17_592 },
  { address: '192.168.1.101', port: 17_600 },
];

/** Answers the question; gives the answer that was made of it, and what was on the screen. */
async function ask(found: readonly Found[], typed: string) {
  const keyboard = fakeTerminal({ when: 'Address of the host', type: typed });
  let screen = '';
  const stderr = Object.assign(new PassThrough(), { isTTY: true });
  stderr.on('data', (chunk: Buffer) => {
    screen += chunk.toString();
    keyboard.onScreen(screen);
  });
  const lan = new FakeLan();
  for (const one of found) lan.add('qtchat-autoca', one);
  const deps = { stdin: keyboard.stdin, stderr, busyAfterMs: 500, signal: new AbortController().signal, lan };
  const place = await askServer(deps);
  return { place, screen };
}

describe('the address of an Auto CA', () => {
  it.each<[string, readonly Found[], string, string, number]>([
    ['typed where nothing was found', [], '10.0.0.1\r', '10.0.0.1', 17_592],
    ['typed with a port', [], '10.0.0.1:99\r', '10.0.0.1', 99],
    ['the only one found, by Enter', [second], '\r', '192.168.1.101', 17_600],
    ['the only one found, by its number', [second], '1\r', '192.168.1.101', 17_600],
    ['one of several, by its number', [first, second], '2\r', '192.168.1.101', 17_600],
    ['another than what was found', [first], 'ca.example.org\r', 'ca.example.org', 17_592],
  ])('is %s', async (_title, found, typed, host, port) => {
    expect((await ask(found, typed)).place).toEqual({ host, port });
  });

  it.each<[string, readonly Found[], string]>([
    ['nothing, where nothing was found', [], '\r'],
    ['nothing, where there is a choice', [first, second], '\r'],
    ['what is no address', [first], 'http://192.168.1.100\r'],
  ])('is not %s', async (_title, found, typed) => {
    await expect(ask(found, typed)).rejects.toMatchObject({ code: 'ERR_USAGE' });
  });

  it('is offered with the warning that nothing is proven', async () => {
    const { screen } = await ask([first, second], '1\r');
    expect(screen).toContain('1  192.168.1.100:17592\n2  192.168.1.101:17600\n');
    expect(screen).toContain('whose they are is not proven by that');
    expect((await ask([], '10.0.0.1\r')).screen).not.toContain('proven');
  });

  it('is asked for until Ctrl-C', async () => {
    await expect(ask([first], '\x03')).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
  });

  it('has the port of Auto CAs unless it names another', () => {
    expect(serverFrom('ca.example.org')).toEqual({ host: 'ca.example.org', port: 17_592 });
  });
});
