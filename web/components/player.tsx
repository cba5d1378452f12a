/** Sound or a film. Where its file breaks off it waits, and goes on from where it was when the file does. */
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { FileEntry } from '../state/entries.js';

export interface PlayerProps {
  readonly kind: 'audio' | 'video';
  /** Another one where the file goes on with another transfer. */
  readonly url: string;
  readonly name: string;
  readonly state: FileEntry['state'];
  /** It cannot be played, although its file is there or comes. */
  readonly onBroken: () => void;
}

const retryAfterMs = 1_000;
/** Of a file that comes: the program may not have noticed yet that it does not. */
const mostTries = 5;

export function Player({ kind, url, name, state, onBroken }: PlayerProps) {
  const element = useRef<HTMLVideoElement & HTMLAudioElement>(null);
  /** Where it is; what it loses when it loads anew. */
  const place = useRef({ at: 0, isRunning: false });
  const loaded = useRef(url);
  const isBroken = useRef(false);
  const tries = useRef(0);
  const isComing = state === 'moving' || state === 'done';
  const note = (): void => {
    const player = element.current;
    if (player !== null && !isBroken.current) place.current = { at: player.currentTime, isRunning: !player.paused };
  };
  const goOn = (): void => {
    const player = element.current;
    if (player === null) return;
    const { isRunning } = place.current;
    const at = player.currentTime || place.current.at;
    const settle = (): void => {
      isBroken.current = false;
      player.currentTime = at;
      if (isRunning) void player.play().catch(() => {});
    };
    player.addEventListener('loadedmetadata', settle, { once: true });
    player.load();
  };
  const onError = (): void => {
    isBroken.current = true;
    if (!isComing) return;
    tries.current += 1;
    if (tries.current > mostTries) onBroken();
    else setTimeout(goOn, retryAfterMs);
  };
  // Before the events of the new address are heard.
  useLayoutEffect(() => {
    if (loaded.current === url) return;
    loaded.current = url;
    isBroken.current = true;
    goOn();
  }, [url]);
  useEffect(() => {
    if (isComing && isBroken.current) goOn();
  }, [isComing]);
  const common = {
    src: url,
    controls: true,
    preload: 'metadata',
    'aria-label': name,
    onTimeUpdate: note,
    onSeeking: note,
    onPlay: note,
    onPause: note,
    onPlaying: () => {
      tries.current = 0;
    },
    onError,
  } as const;
  return kind === 'video' ? (
    <video class="film" ref={element} {...common} />
  ) : (
    <audio class="sound" ref={element} {...common} />
  );
}
