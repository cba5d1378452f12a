/** Commands that concern the call that there is, or is to be. */
import { QTChatError, quote } from '../../errors.js';
import { statsLines } from '../text/describe-call.js';
import type { ChatCommand } from './command.js';

/** Commands that concern calls. */
export const callCommands: readonly ChatCommand[] = [
  {
    name: 'call',
    usage: '',
    summary: 'call the one whom the chat is with',
    argument: 'none',
    needsMember: true,
    async run({ conversation: { calls }, print }, _rest, member) {
      await calls.call(member);
      print(`calling ${member}: /hangup calls it off`);
    },
  },
  {
    name: 'answer',
    usage: '',
    summary: 'take the call that rings',
    argument: 'none',
    run: ({ conversation: { calls } }) => calls.answer(),
  },
  {
    name: 'reject',
    usage: '',
    summary: 'do not take it',
    argument: 'none',
    run: ({ conversation: { calls } }) => calls.reject(),
  },
  {
    name: 'hangup',
    usage: '',
    summary: 'end the call',
    argument: 'none',
    run: ({ conversation: { calls } }) => calls.hangUp(),
  },
  {
    name: 'mute',
    usage: '[on or off]',
    summary: 'let nothing be heard of you, or again; without a word, the other of both',
    argument: 'text',
    run({ conversation: { calls }, print }, rest) {
      if (!['', 'on', 'off'].includes(rest)) {
        throw new QTChatError('ERR_USAGE', `/mute is on or off, not ${quote(rest)}`, { hint: 'See /help' });
      }
      const isOn = rest === '' ? calls.current?.isMuted !== true : rest === 'on';
      calls.mute(isOn);
      print(isOn ? 'you are muted: /mute lets you be heard again' : 'you are heard again');
    },
  },
  {
    name: 'voicemail',
    usage: '[send or drop]',
    summary: 'record a message of up to two minutes; it is sent as a file, or dropped',
    argument: 'text',
    needsMember: true,
    async run({ conversation: { calls }, voicemail, print }, rest, member) {
      switch (rest) {
        case '':
          if (calls.current !== undefined) {
            throw new QTChatError('ERR_CALL_BUSY', `there is a call with ${quote(calls.current.member)}`);
          }
          await voicemail.begin(member, calls.devices.input);
          print(`recording for ${member}, until /voicemail send or /voicemail drop`);
          return;
        case 'send':
          return voicemail.send();
        case 'drop':
          await voicemail.drop();
          print('the voicemail was dropped');
          return;
        default:
          throw new QTChatError('ERR_USAGE', `/voicemail does not take ${quote(rest)}`, {
            hint: 'See /help voicemail',
          });
      }
    },
  },
  {
    name: 'stats',
    usage: '',
    summary: 'how the sound of the call is',
    argument: 'none',
    run({ conversation: { calls }, print }) {
      const { stats } = calls.current ?? {};
      if (stats === undefined) throw new QTChatError('ERR_USAGE', 'there is no call that is connected');
      for (const line of statsLines(stats)) print(line);
    },
  },
];
