/** Commands that concern the chat itself. */
import { QTChatError } from '../../errors.js';
import type { ChatCommand } from './command.js';
import { settingTable } from './settings.js';

/** Commands that concern the chat itself. */
export const generalCommands: readonly ChatCommand[] = [
  {
    name: 'set',
    usage: '[NAME [VALUE]]',
    summary: 'how this chat behaves, now and later; without NAME, all settings',
    argument: 'setting',
    async run({ settings, print }, rest) {
      const [, name = '', value = ''] = /^(\S*)\s*(.*)$/s.exec(rest) ?? [];
      if (value !== '') await settings.set(name, value.trim());
      for (const one of name === '' ? Object.keys(settingTable) : [name]) print(settings.describe(one));
    },
  },
  {
    name: 'window',
    usage: '',
    summary: 'open this chat in the browser: a new link to the window',
    argument: 'none',
    async run({ openWindow, print }) {
      if (openWindow === undefined) {
        throw new QTChatError('ERR_USAGE', 'this chat has no window', { hint: 'A chat on a terminal has one' });
      }
      print(await openWindow());
    },
  },
  {
    name: 'quit',
    usage: '',
    summary: 'leave',
    argument: 'none',
    run: ({ quit }) => quit(),
  },
];
