/** Voicemail at the keyboard: it is offered where nobody has answered, and while one is recorded, a key ends it. */
import type { CallEvent } from '../../calls/call-events.js';
import type { Voicemail } from '../commands/voicemail.js';
import { wasNotAnswered } from '../text/describe-call.js';
import type { Questions } from './questions.js';

/** What {@link VoicemailPrompt} needs. */
export interface VoicemailPromptOptions {
  readonly voicemail: Voicemail;
  readonly questions: Questions;
  /** The microphone that is chosen for calls. */
  readonly input: () => string | undefined;
  /** Ends the chat when it aborts. */
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
}

const endings: Readonly<Record<string, 'send' | 'drop'>> = { enter: 'send', escape: 'drop' };

/** Asks what is to become of voicemail. */
export class VoicemailPrompt {
  readonly #options: VoicemailPromptOptions;
  /** Of the question that stands while something is recorded. */
  #standing: AbortController | undefined;

  constructor(options: VoicemailPromptOptions) {
    this.#options = options;
  }

  /** A call has ended: where nobody has answered ours, they can be left a message. */
  note(member: string, event: Extract<CallEvent, { type: 'callEnded' }>): void {
    if (!wasNotAnswered(event)) return;
    const { questions, voicemail, input, signal, onError } = this.#options;
    questions
      .confirm(`${member} did not answer: leave a voicemail?`, signal)
      .then((isWanted) => (isWanted ? voicemail.begin(member, input()) : undefined))
      .catch(onError);
  }

  /** Something is recorded, or is not any more. */
  follow(): void {
    const { voicemail, questions, signal, onError } = this.#options;
    const { current } = voicemail;
    if (current === undefined) {
      this.#standing?.abort();
      this.#standing = undefined;
      return;
    }
    if (this.#standing !== undefined) return;
    const standing = new AbortController();
    this.#standing = standing;
    questions
      .ask(
        `voicemail for ${current.member}: Enter sends it, Esc drops it`,
        (key) => endings[key],
        AbortSignal.any([signal, standing.signal]),
      )
      .then((ending) => {
        if (ending === 'send') return voicemail.send();
        return ending === 'drop' ? voicemail.drop() : undefined;
      })
      .catch(onError);
  }
}
