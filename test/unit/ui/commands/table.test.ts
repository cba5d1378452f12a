/** The commands of a chat: which there are, what they refuse, and what was probably meant. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Conversation } from '../../../../src/conversation/conversation.js';
import type { CommandContext } from '../../../../src/ui/commands/command.js';
import { DeviceBook } from '../../../../src/ui/commands/device-book.js';
import { FileBook } from '../../../../src/ui/commands/file-book.js';
import { chatCommands, commandNamed, runCommand } from '../../../../src/ui/commands/table.js';
import type { Voicemail } from '../../../../src/ui/commands/voicemail.js';
import { fileNamed } from '../../../helpers/peer-events.js';
import { defaultSettings } from '../../../helpers/settings.js';

describe('the commands of a chat', () => {
  let printed: string[];
  let files: FileBook;
  /** What of files was asked of the conversation. */
  let asked: unknown[];
  let found: number;
  beforeEach(() => {
    printed = [];
    files = new FileBook();
    asked = [];
    found = 1;
  });

  function context(member: string | undefined = 'bob'): CommandContext {
    const note = (...words: unknown[]): number => {
      asked.push(words);
      return found;
    };
    const intents = {
      answer: (...words: unknown[]) => note(...words) > 0,
      cancel: note,
      pause: note,
      send: async (...words: unknown[]) => {
        note(...words);
        throw new Error('cannot be read');
      },
    };
    return {
      ...{ conversation: { files: intents } as unknown as Conversation, member, files, settings: defaultSettings() },
      devices: new DeviceBook(async () => []),
      voicemail: {} as Voicemail,
      ...{ print: (text) => printed.push(text), did: () => {}, confirm: async () => false },
      ...{ open: async (file) => void asked.push(['open', file.number]), quit: () => asked.push('quit') },
    };
  }

  const run = (name: string, rest = '', member?: string): Promise<void> => runCommand(name, rest, context(member));
  /** Books a file that the peer offers. */
  const offer = (name: string, id = name.repeat(32).slice(0, 32)): number =>
    files.note({ type: 'fileOffered', member: 'bob', file: fileNamed(name, { id }) }).number;

  it('have names of their own, and a line of help each', async () => {
    const names = chatCommands.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.every((name) => /^[a-z]+$/.test(name))).toBe(true);
    await run('help');
    for (const { name, summary } of chatCommands) {
      expect(printed).toContainEqual(expect.stringMatching(new RegExp(`^ {2}/${name}\\b`)));
      expect(summary).not.toBe('');
    }
    printed = [];
    await run('help', '/send');
    expect(printed).toEqual([expect.stringMatching(/^ {2}\/send PATH {2}offer a file/)]);
  });

  it.each([
    ['rely', 'Did you mean /reply?'],
    ['quti', 'Did you mean /quit?'],
    ['sned', 'Did you mean /send?'],
    ['REACT', 'See /help; //TEXT sends a text that begins with a slash'],
    ['', 'See /help; //TEXT sends a text that begins with a slash'],
    ['q', 'See /help; //TEXT sends a text that begins with a slash'],
    ['constructor', 'See /help; //TEXT sends a text that begins with a slash'],
    ['etc/passwd', 'See /help; //TEXT sends a text that begins with a slash'],
  ])('do not include "/%s"', async (typed, hint) => {
    const refused = Promise.resolve(typed).then(commandNamed);
    await expect(refused).rejects.toMatchObject({ code: 'ERR_USAGE', hint });
  });

  it('that concern somebody are refused before anybody is here', async () => {
    for (const { name, needsMember } of chatCommands) {
      if (needsMember !== true) continue;
      const refused = runCommand(name, 'x', { ...context(), member: undefined });
      await expect(refused).rejects.toThrow(`/${name} concerns somebody, and nobody is here yet`);
    }
  });

  it.each([
    ['send', '', '/send needs the path of a file'],
    ['reply', '', '/reply needs a text'],
    ['reply', 'a1b2c3d4', '/reply needs a text'],
    ['edit', '', '/edit needs a text'],
    ['react', '', '/react needs an emoji'],
    ['search', '  ', '/search needs a text'],
    ['delete', 'the last one', '"the last one" is no id of a message'],
    ['accept', '', 'no file is offered now'],
    ['accept', '7', 'no file "7" is offered now'],
    ['decline', 'x\u001b', 'no file "x\\u{1b}" is offered now'],
    ['open', '', 'no file is here'],
    ['set', 'color red', 'there is no setting "color"'],
    ['set', '__proto__ 1', 'there is no setting "__proto__"'],
  ])('/%s %j is refused', async (name, rest, message) => {
    await expect(run(name, rest)).rejects.toThrow(message);
    expect(asked).toEqual([]);
  });

  it('that end or pause files concern the one of a number alone, or all of a name', async () => {
    offer('film');
    const second = offer('film', 'cd'.repeat(16));
    await run('cancel', `#${second}`);
    await run('pause', 'film');
    expect(asked).toEqual([
      ['bob', 'cd'.repeat(16)],
      ['bob', true, 'film'],
    ]);
  });

  it('that end or pause files say where there is none', async () => {
    found = 0;
    await expect(run('cancel')).rejects.toThrow('no file is on its way');
    await expect(run('pause', 'film')).rejects.toThrow('no file "film" is on its way');
    await expect(run('resume', 'film')).rejects.toThrow('no file "film" is on its way');
  });

  it('need no number where one file alone is meant, and name the numbers where more are', async () => {
    const one = offer('a.png');
    await run('accept');
    const two = offer('b.png');
    await expect(run('accept')).rejects.toThrow(`more than one file is offered now: ${one}, ${two}`);
    await run('decline', `#${two}`);
    await run('accept', 'a.png');
    expect(asked).toEqual([
      ['accept', 'a.png'.repeat(32).slice(0, 32)],
      ['decline', 'b.png'.repeat(32).slice(0, 32)],
      ['accept', 'a.png'.repeat(32).slice(0, 32)],
    ]);
  });

  it('say that an offer is over by now', async () => {
    offer('a.png');
    found = 0;
    await expect(run('accept')).rejects.toThrow('"a.png" is offered no more');
  });

  it('forget a file that could not be offered', async () => {
    await expect(run('send', '/no/such')).rejects.toThrow('cannot be read');
    await run('files');
    expect(printed).toEqual(['no file is offered or on its way']);
  });

  it('change nothing where a question is answered by no', async () => {
    const contacts = { named: async () => ({ member: 'bob' }), block: async () => asked.push('blocked') };
    const conversation = { contacts } as unknown as Conversation;
    await runCommand('block', '', { ...context(), conversation });
    expect(printed).toEqual(['nothing was changed']);
    expect(asked).toEqual([]);
  });
});
