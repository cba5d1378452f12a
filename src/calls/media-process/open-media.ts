/** The media side of calls in the terminal: a media process for each call. */
import { join } from 'node:path';
import { fromPlainError } from '../../errors.js';
import { packageRoot } from '../../package-root.js';
import type { Media, OpenMedia } from '../media.js';
import { MediaProcess, type MediaProcessOptions } from './media-process.js';
import { soundOf } from './sound-choice.js';
import type { MediaProcessEvent, SoundChoice } from './wire.js';

/** Where the media process was built to. */
export const mediaProgram = (): string => join(packageRoot(), 'dist', 'media-process.js');

/** What the media process of a call is started with. */
export interface MediaOpenerOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** As the environment says when left out. */
  readonly sound?: SoundChoice;
  /** Path of child.ts as it was built; where the build puts it when left out. */
  readonly program?: string;
  /** Told of each process; tests hurt it. */
  readonly onStarted?: (process: MediaProcess) => void;
}

/** Opens the media side of each call in a process of its own. */
export function mediaOpener({ env, sound = soundOf(env), program, onStarted }: MediaOpenerOptions): OpenMedia {
  return async ({ onEvent, input, output, noiseSuppression }) => {
    let isOver = false;
    // After the end nothing more is told, and of the end only once.
    const tell: typeof onEvent = (event) => {
      if (isOver) return;
      isOver = event.type === 'failed';
      onEvent(event);
    };
    const options: MediaProcessOptions = {
      program: program ?? mediaProgram(),
      sound,
      env,
      onEvent: (event) => tell(asMediaEvent(event)),
      onFailed: (error) => tell({ type: 'failed', error }),
    };
    const child = await MediaProcess.start(options, { type: 'call', input, output, noiseSuppression });
    onStarted?.(child);
    const sdpOf = async (answer: ReturnType<MediaProcess['ask']>): Promise<string> => (await answer).sdp ?? '';
    const media: Media = {
      offer: (isRestart = false) => sdpOf(child.ask({ type: 'offer', isRestart })),
      answer: (sdp) => sdpOf(child.ask({ type: 'answer', sdp })),
      accept: async (sdp) => void (await child.ask({ type: 'accept', sdp })),
      addCandidate: async (candidate) => void (await child.ask({ type: 'candidate', candidate })),
      setMuted: (isMuted) => void child.ask({ type: 'mute', isMuted }).catch(() => {}),
      useDevices: async (choice) => void (await child.ask({ type: 'useDevices', ...choice })),
      close: async () => {
        isOver = true;
        await child.close();
      },
    };
    return media;
  };
}

function asMediaEvent(event: MediaProcessEvent): Parameters<Parameters<OpenMedia>[0]['onEvent']>[0] {
  if (event.type === 'failed') return { type: 'failed', error: fromPlainError(event.error) };
  if (event.type === 'devices') return { type: 'devices', input: event.input, output: event.output };
  return event;
}
