/** Commands that concern the microphone and the speaker, in a call or before one. */
import type { DeviceChange } from '../../calls/media.js';
import { QTChatError, quote } from '../../errors.js';
import { deviceLines } from '../text/describe-devices.js';
import type { ChatCommand, CommandContext } from './command.js';

/** Commands that concern sound devices. */
export const deviceCommands: readonly ChatCommand[] = [
  {
    name: 'devices',
    usage: '[MICROPHONE [SPEAKER]]',
    summary: 'list microphones and speakers, or choose by number; in NAME or out NAME chooses one of both',
    argument: 'device',
    async run(context, rest) {
      const { conversation, devices, settings, print } = context;
      const change = rest === '' ? undefined : await changeOf(context, rest);
      if (change !== undefined) {
        await conversation.calls.useDevices(change);
        await settings.keep(change);
      }
      const { devices: chosen, current } = conversation.calls;
      const listed = change === undefined ? await devices.list() : [];
      for (const line of deviceLines(listed, chosen, current?.devices)) print(line);
    },
  },
  {
    name: 'ptt',
    usage: '[on or off]',
    summary: 'push to talk: you are muted in calls until you press F8 or Ctrl-Space, and after the next time',
    argument: 'text',
    async run({ conversation: { calls }, settings, print }, rest) {
      if (!['', 'on', 'off'].includes(rest)) {
        throw new QTChatError('ERR_USAGE', `/ptt is on or off, not ${quote(rest)}`, { hint: 'See /help' });
      }
      const isOn = rest === '' ? !calls.isPushToTalk : rest === 'on';
      calls.pushToTalk(isOn);
      await settings.keep({ pushToTalk: isOn });
      print(
        isOn ? 'push to talk is on: F8 or Ctrl-Space lets you talk, and ends it; so does /mute' : 'push to talk is off',
      );
    },
  },
];

/** What the user chooses: "2", "2 3", "in USB Audio", "out default". */
async function changeOf({ devices }: CommandContext, rest: string): Promise<DeviceChange> {
  const [, side, name = ''] = /^(in|out)\s+(.+)$/.exec(rest) ?? [];
  if (side !== undefined) {
    const direction = side === 'in' ? 'input' : 'output';
    return { [direction]: await devices.find(direction, name) };
  }
  const [, input, output] = /^(\d+|default)(?:\s+(\d+|default))?$/.exec(rest) ?? [];
  if (input === undefined) {
    throw new QTChatError('ERR_USAGE', `/devices does not take ${quote(rest)}`, {
      hint: 'Numbers of /devices, microphone first; in NAME, or out NAME; default is the choice of the system',
    });
  }
  if (output !== undefined)
    return { input: await devices.find('input', input), output: await devices.find('output', output) };
  if (input === 'default') return { input: undefined, output: undefined };
  const directions = await devices.directionsOf(input);
  const found = await Promise.all(
    (directions.length === 0 ? (['input'] as const) : directions).map(async (one) => [
      one,
      await devices.find(one, input),
    ]),
  );
  return Object.fromEntries(found) as DeviceChange;
}
