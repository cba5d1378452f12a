/** How a guest confirms the words that the host sees: by a look and a yes, or by giving the words themselves. */
import { normalizeWords } from '../../enroll/words.js';
import { QTChatError } from '../../errors.js';
import { readBoundedFile } from '../../store/private-file.js';
import type { BusySign } from '../busy.js';
import type { Deps } from '../deps.js';
import { readBoundedInput } from '../input.js';
import { askConfirm, canPrompt } from '../prompt.js';

/** What confirming takes. */
export type WordsDeps = Pick<Deps, 'stdin' | 'stderr' | 'signal'> & {
  /** Stands while the host is talked to: not while somebody is asked. */
  readonly busy: BusySign;
};

/**
 * Finds out, before anything is sent, how the words will be confirmed.
 *
 * @param file - holds the words as the host's screen shows them in its first line; `-` is standard input
 * @returns what shows the words, and resolves once they are confirmed; else it throws `ERR_ENROLL_TAMPERED`
 * @throws {QTChatError} `ERR_USAGE` without a file when nobody can be asked
 */
export async function judgeConfirmation(
  file: string | undefined,
  deps: WordsDeps,
): Promise<(words: string) => Promise<void>> {
  if (file === undefined && !canPrompt(deps)) {
    throw new QTChatError('ERR_USAGE', 'the words must be compared, and there is no terminal to ask', {
      hint: 'Add --words-file FILE with the words that the host sees (- for standard input), or use an invite',
    });
  }
  return async (words) => {
    deps.busy.stop();
    deps.stderr.write(`The host must see these words: ${words}\n`);
    const isSame =
      file === undefined
        ? await askConfirm('Does the host see the same words?', deps)
        : normalizeWords(firstLine(await readWords(file, deps))) === words;
    if (!isSame) {
      throw new QTChatError('ERR_ENROLL_TAMPERED', 'the host sees other words: somebody may stand in between', {
        hint: 'Nothing was kept; try again over another network, or ask the host for an invite',
      });
    }
    deps.stderr.write('Waiting until the host approves (Ctrl-C gives up)\n');
    deps.busy.start('Waiting');
  };
}

async function readWords(file: string, deps: WordsDeps): Promise<string> {
  if (file === '-') return readBoundedInput(deps, 'line');
  return (await readBoundedFile(file, deps.signal)).toString('utf8');
}

function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0] ?? '';
}
