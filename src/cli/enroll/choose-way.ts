/** Which way into a circle the user has: an invite line, a short code, or the host's approval. */
import { parseAddress } from '../../conversation/resolve-who.js';
import { byApproval } from '../../enroll/by-approval.js';
import { byInvite } from '../../enroll/by-invite.js';
import { parseInvite } from '../../enroll/invite.js';
import type { WayIn } from '../../enroll/way-in.js';
import { QTChatError } from '../../errors.js';
import { readBoundedInput } from '../input.js';
import { askSecret, canPrompt } from '../prompt.js';
import { askServer, type ServerDeps, serverFrom } from './ask-server.js';
import { judgeConfirmation, type WordsDeps } from './confirm-words.js';

/** What was typed. */
export interface EnrollFlags {
  /** The argument: an invite line, `-`, or nothing. */
  readonly invite?: string | undefined;
  readonly code: boolean;
  readonly server?: string | undefined;
  readonly 'words-file'?: string | undefined;
}

/**
 * Finds the way in; asks for what was not given. Who has neither invite nor code leaves the question for one empty.
 *
 * @throws {QTChatError} `ERR_USAGE` for flags that do not go together, or when nobody can be asked;
 *   `ERR_ENROLL_INVITE_INVALID`, `ERR_CANCELLED`
 */
export async function chooseWay(flags: EnrollFlags, deps: WordsDeps & ServerDeps): Promise<WayIn> {
  if (flags['words-file'] !== undefined && (flags.code || flags.invite !== undefined || flags.server === undefined)) {
    throw new QTChatError('ERR_USAGE', '--words-file is for those who have neither invite nor code', {
      hint: 'Name the host with --server, and nothing else',
    });
  }
  if (flags.code) return wayByCode(flags, deps);
  if (flags.invite === undefined && flags.server !== undefined) {
    return byApproval(serverFrom(flags.server), await judgeConfirmation(flags['words-file'], deps));
  }
  const text = await inviteText(flags, deps);
  if (text === undefined) return byApproval(await askServer(deps), await judgeConfirmation(undefined, deps));
  if (/^\s*(\d[\s-]*){8}$/.test(text)) {
    throw new QTChatError('ERR_USAGE', 'this is a code, not an invite', { hint: 'Run qtchat enroll --code' });
  }
  const invite = parseInvite(text);
  if (flags.server === undefined) return byInvite(invite);
  const { host, port = invite.port } = parseAddress(flags.server);
  return byInvite({ ...invite, addresses: [host], port });
}

async function wayByCode({ invite, server }: EnrollFlags, deps: WordsDeps & ServerDeps): Promise<WayIn> {
  if (invite !== undefined && invite !== '-') {
    throw new QTChatError('ERR_USAGE', 'a code does not belong on the command line, where others can read it', {
      hint: 'Run qtchat enroll --code and type it when asked, or give - and write it to standard input',
    });
  }
  if (server === undefined && !canPrompt(deps)) {
    throw new QTChatError('ERR_USAGE', 'a code needs the address of the host, and there is no terminal to ask', {
      hint: 'Add --server HOST',
    });
  }
  const place = server === undefined ? await askServer(deps) : serverFrom(server);
  const text = invite === '-' ? await readBoundedInput(deps, 'line') : await codeText(deps);
  const [{ byCode }, { parseCode }] = await Promise.all([
    import('../../enroll/by-code.js'),
    import('../../enroll/code.js'),
  ]);
  return byCode(parseCode(text), place);
}

async function codeText(deps: WordsDeps): Promise<string> {
  if (canPrompt(deps)) return askSecret('Code (eight digits)', deps);
  throw new QTChatError('ERR_USAGE', 'no code was given, and there is no terminal to ask', {
    hint: 'Give - to read it from standard input',
  });
}

async function inviteText({ invite: given }: EnrollFlags, deps: WordsDeps): Promise<string | undefined> {
  if (given !== undefined && given !== '-') return given;
  if (given === '-') return readBoundedInput(deps, 'end');
  if (canPrompt(deps)) {
    const typed = await askSecret('Paste the invite (qtchat1-…), or Enter if you have none', deps);
    return typed.trim() === '' ? undefined : typed;
  }
  throw new QTChatError('ERR_USAGE', 'no invite was given, and there is no terminal to ask', {
    hint: 'Name it as the argument, or - to read it from standard input',
  });
}
