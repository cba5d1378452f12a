/** What Tab can put in: commands, and what they concern. */
import type { SoundDevice } from '../../calls/sound/sound-system.js';
import { type DeviceBook, systemsChoice } from '../commands/device-book.js';
import { settingTable } from '../commands/settings.js';
import { chatCommands } from '../commands/table.js';
import { shortIdLength } from '../text/describe-history.js';
import { escapeText } from '../text/escape-text.js';
import type { Candidate } from './input/candidates.js';
import type { CompletionSources } from './input/completion.js';
import { cut } from './layout/cells.js';
import type { ChatState } from './state/chat-state.js';

/** The messages whose ids come into question. */
const mostMessages = 20;
const labelCells = 32;

/** What can be completed in a chat, as it stands at the time. */
export function completionSources(state: ChatState, devices: Pick<DeviceBook, 'known'>): CompletionSources {
  const words: Readonly<Record<string, () => readonly (string | Candidate)[]>> = {
    member: () => state.talks.map(({ member }) => member),
    message: () => messageIds(state),
    file: () => state.files.open.map(({ number, name }) => labelled(`${number}`, name)),
    device: () => deviceWords(devices),
    setting: () =>
      Object.entries(settingTable).flatMap(([name, { words: values }]) => [
        name,
        ...values.map((value) => `${name} ${value}`),
      ]),
  };
  return { commands: chatCommands, words: (kind) => words[kind]?.() ?? [] };
}

function deviceWords({ known }: Pick<DeviceBook, 'known'>): (string | Candidate)[] {
  const numbers = known.map(({ name }, index) => labelled(`${index + 1}`, name));
  const names = (side: string, is: (device: SoundDevice) => boolean): string[] =>
    [systemsChoice, ...known.filter(is).map(({ name }) => name)].map((name) => `${side} ${name}`);
  return [...numbers, ...names('in', ({ isInput }) => isInput), ...names('out', ({ isOutput }) => isOutput)];
}

function messageIds({ current }: ChatState): Candidate[] {
  const messages = current.items.all.filter((item) => item.kind === 'message');
  return messages
    .slice(-mostMessages)
    .reverse()
    .map(({ id, text = '(deleted)' }) => labelled(id.slice(0, shortIdLength), text));
}

function labelled(text: string, label: string): Candidate {
  return { text, label: `${text} ${cut(escapeText(label.slice(0, 8 * labelCells)), labelCells)}` };
}
