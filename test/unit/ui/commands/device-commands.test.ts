/** Microphone and speaker, as they are chosen in a chat. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { DevicesInUse } from '../../../../src/calls/call-events.js';
import type { DeviceChange } from '../../../../src/calls/media.js';
import type { SoundDevice } from '../../../../src/calls/sound/sound-system.js';
import type { Conversation } from '../../../../src/conversation/conversation.js';
import type { SettingValues } from '../../../../src/store/settings.js';
import type { CommandContext } from '../../../../src/ui/commands/command.js';
import { DeviceBook } from '../../../../src/ui/commands/device-book.js';
import { Settings } from '../../../../src/ui/commands/settings.js';
import { runCommand } from '../../../../src/ui/commands/table.js';
import { completionSources } from '../../../../src/ui/terminal/completion-sources.js';
import { ChatState } from '../../../../src/ui/terminal/state/chat-state.js';
import { defaultSettings } from '../../../helpers/settings.js';

const there: SoundDevice[] = [
  { name: 'USB Audio', isInput: true, isOutput: true },
  { name: 'Built-in Microphone', isInput: true, isOutput: false },
  { name: 'Built-in Speaker', isInput: false, isOutput: true },
];

let printed: string[];
let kept: SettingValues[];
let chosen: DeviceChange;
let inUse: DevicesInUse | undefined;
let isPushToTalk: boolean;
let devices: DeviceBook;
let run: (name: string, rest?: string) => Promise<void>;

beforeEach(() => {
  printed = [];
  kept = [];
  chosen = {};
  inUse = undefined;
  isPushToTalk = false;
  devices = new DeviceBook(async () => there);
  const calls = {
    get devices() {
      return chosen;
    },
    get current() {
      return inUse && { devices: inUse };
    },
    get isPushToTalk() {
      return isPushToTalk;
    },
    useDevices: async (change: DeviceChange) => {
      chosen = { ...chosen, ...change };
    },
    pushToTalk: (isOn: boolean) => {
      isPushToTalk = isOn;
    },
  };
  const settings = new Settings(defaultSettings().values, async (values) => void kept.push(values));
  const context = {
    ...{ conversation: { calls } as unknown as Conversation, devices, settings, member: undefined },
    print: (line: string) => printed.push(line),
  } as unknown as CommandContext;
  run = (name, rest = '') => runCommand(name, rest, context);
});

describe('/devices', () => {
  it('lists what there is, with numbers, and leaves the choice to the system', async () => {
    await run('devices');
    expect(printed).toEqual([
      '   1  USB Audio            microphone, speaker',
      '   2  Built-in Microphone  microphone',
      '   3  Built-in Speaker     speaker',
      "microphone: the system's choice; speaker: the system's choice",
    ]);
  });

  it('marks what the call uses that there is', async () => {
    inUse = { input: 'Built-in Microphone', output: undefined };
    await run('devices');
    expect(printed.filter((line) => line.startsWith('●'))).toEqual(['●  2  Built-in Microphone  microphone']);
    expect(printed.at(-1)).toBe('microphone: Built-in Microphone; speaker: none');
  });

  it.each<[string, DeviceChange]>([
    ['2 3', { input: 'Built-in Microphone', output: 'Built-in Speaker' }],
    ['2 1', { input: 'Built-in Microphone', output: 'USB Audio' }],
    ['2', { input: 'Built-in Microphone' }],
    ['3', { output: 'Built-in Speaker' }],
    ['1', { input: 'USB Audio', output: 'USB Audio' }],
    ['in USB Audio', { input: 'USB Audio' }],
    ['out usb', { output: 'USB Audio' }],
    ['in built', { input: 'Built-in Microphone' }],
    ['out 3', { output: 'Built-in Speaker' }],
    ['in default', { input: undefined }],
    ['default', { input: undefined, output: undefined }],
    ['default 3', { input: undefined, output: 'Built-in Speaker' }],
  ])('%s chooses, and is remembered', async (typed, change) => {
    await run('devices', typed);
    expect(chosen).toEqual(change);
    expect(kept.at(-1)).toMatchObject(change);
    expect(printed).toHaveLength(1);
  });

  it.each([
    ['3 2', 'there is no microphone "3"'],
    ['9', 'there is no microphone "9"'],
    ['0', 'there is no microphone "0"'],
    ['in speaker', 'there is no microphone "speaker"'],
    ['in i', 'more than one microphone is like "i"'],
    ['USB Audio', '/devices does not take "USB Audio"'],
    ['1 2 3', '/devices does not take "1 2 3"'],
  ])('%s chooses nothing', async (typed, message) => {
    await expect(run('devices', typed)).rejects.toThrow(message);
    expect([chosen, kept]).toEqual([{}, []]);
  });

  it('is completed with what was listed last', async () => {
    const { words } = completionSources(new ChatState(() => new Date()), devices);
    const texts = (): string[] => words('device').map((one) => (typeof one === 'string' ? one : one.text));
    expect(texts()).toEqual(['in default', 'out default']);
    await run('devices');
    expect(texts()).toEqual([
      ...['1', '2', '3', 'in default', 'in USB Audio', 'in Built-in Microphone'],
      ...['out default', 'out USB Audio', 'out Built-in Speaker'],
    ]);
  });
});

describe('/ptt', () => {
  it('is switched on and off, said, and remembered', async () => {
    await run('ptt');
    expect([isPushToTalk, kept.at(-1)?.pushToTalk, printed.at(-1)]).toEqual([true, true, expect.stringMatching(/F8/)]);
    await run('ptt');
    expect([isPushToTalk, kept.at(-1)?.pushToTalk]).toEqual([false, false]);
    await run('ptt', 'off');
    expect(isPushToTalk).toBe(false);
    await expect(run('ptt', 'now')).rejects.toThrow('/ptt is on or off, not "now"');
  });
});
