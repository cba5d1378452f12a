/** Commands that concern the chat itself. */
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
    name: 'quit',
    usage: '',
    summary: 'leave',
    argument: 'none',
    run: ({ quit }) => quit(),
  },
];
