/** Commands that concern files. A number or a name may be left out where one file alone comes into question. */
import { QTChatError, quote } from '../../errors.js';
import { describeFile } from '../text/describe-file.js';
import { typedPath } from '../text/typed-path.js';
import type { ChatCommand, CommandContext } from './command.js';
import type { BookedFile } from './file-book.js';
import { offerFile } from './offer-file.js';

/** Commands that concern files. */
export const fileCommands: readonly ChatCommand[] = [
  {
    name: 'send',
    usage: 'PATH',
    summary: 'offer a file, or a folder with all that is in it',
    argument: 'path',
    needsMember: true,
    async run({ conversation, files, did }, rest, member) {
      if (rest.trim() === '') throw new QTChatError('ERR_USAGE', '/send needs the path of a file');
      did({ type: 'file', file: await offerFile(conversation.files, files, member, typedPath(rest)) });
    },
  },
  {
    name: 'files',
    usage: '',
    summary: 'files that are offered or on their way, with their numbers',
    argument: 'none',
    run({ files, print }) {
      for (const file of files.open) print(describeFile(file));
      if (files.open.length === 0) print('no file is offered or on its way');
    },
  },
  {
    name: 'accept',
    usage: '[FILE]',
    summary: 'take a file that is offered',
    argument: 'file',
    run: (context, rest) => answer(context, 'accept', rest),
  },
  {
    name: 'decline',
    usage: '[FILE]',
    summary: 'refuse it',
    argument: 'file',
    run: (context, rest) => answer(context, 'decline', rest),
  },
  {
    name: 'cancel',
    usage: '[FILE]',
    summary: 'end a file on its way; without FILE, all of them',
    argument: 'file',
    needsMember: true,
    run: ({ conversation, files }, rest, member) =>
      withFiles(files.open, rest, member, (which) => conversation.files.cancel(member, which)),
  },
  {
    name: 'pause',
    usage: '[FILE]',
    summary: 'pause a file on its way; without FILE, all of them',
    argument: 'file',
    needsMember: true,
    run: ({ conversation, files }, rest, member) =>
      withFiles(files.open, rest, member, (which) => conversation.files.pause(member, true, which)),
  },
  {
    name: 'resume',
    usage: '[FILE]',
    summary: 'let it go on',
    argument: 'file',
    needsMember: true,
    run: ({ conversation, files }, rest, member) =>
      withFiles(files.open, rest, member, (which) => conversation.files.pause(member, false, which)),
  },
  {
    name: 'open',
    usage: '[FILE]',
    summary: 'show a picture, play sound or a film; of any other file, show its folder',
    argument: 'file',
    async run({ files, open }, rest) {
      const canBeSeen = (file: BookedFile): boolean =>
        file.state === 'done' || (file.direction === 'in' && file.state === 'moving') || file.path !== undefined;
      const last = files.all.filter(canBeSeen).at(-1);
      await open(rest === '' && last !== undefined ? last : files.find(rest, canBeSeen, 'is here'));
    },
  },
];

function answer({ conversation, files }: CommandContext, what: 'accept' | 'decline', typed: string): void {
  const isOffered = (file: BookedFile): boolean => file.direction === 'in' && file.state === 'offered';
  const file = files.find(typed, isOffered, 'is offered now');
  if (conversation.files.answer(what, file.id)) return;
  throw new QTChatError('ERR_USAGE', `${quote(file.name)} is offered no more`);
}

/** Does something with the file of a number, with those of a name, or with all; the action says how many there were. */
function withFiles(
  open: readonly BookedFile[],
  typed: string,
  member: string,
  action: (which?: string) => number,
): void {
  const number = typed.replace(/^#/, '');
  const file = open.find((one) => one.member === member && `${one.number}` === number);
  // One of ours that was not begun yet is known by its name alone.
  const which = file === undefined ? typed : (file.id ?? file.name);
  if (action(typed === '' ? undefined : which) > 0) return;
  throw new QTChatError('ERR_USAGE', typed === '' ? 'no file is on its way' : `no file ${quote(typed)} is on its way`);
}
