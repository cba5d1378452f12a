/** What is heard of a call that comes in, until it is answered. A browser lets a page be heard once somebody has clicked in it. */
import { effect } from '@preact/signals';
import type { Store } from './store.js';

const periodMs = 3_000;
const toneS = 1.2;
const frequenciesHz = [440, 480];
const loudness = 0.06;

/** Rings whenever a call does, unless `/set ring off` says otherwise. */
export function startRinger(store: Store): void {
  let context: AudioContext | undefined;
  effect(() => {
    const call = store.call.value;
    const isForUs = call?.phase === 'ringing' && call.direction === 'in';
    if (!isForUs || store.state.peek().settings.ring === 'off') return;
    context ??= new AudioContext();
    const ring = (): void => {
      if (context !== undefined) sound(context);
    };
    void context.resume();
    ring();
    const timer = setInterval(ring, periodMs);
    return () => {
      clearInterval(timer);
      void context?.suspend();
    };
  });
}

/** Two tones that fade in and out. */
function sound(context: AudioContext): void {
  const now = context.currentTime;
  const volume = context.createGain();
  volume.gain.setValueAtTime(0, now);
  volume.gain.linearRampToValueAtTime(loudness, now + 0.05);
  volume.gain.setValueAtTime(loudness, now + toneS - 0.1);
  volume.gain.linearRampToValueAtTime(0, now + toneS);
  volume.connect(context.destination);
  for (const frequency of frequenciesHz) {
    const tone = new OscillatorNode(context, { frequency });
    tone.connect(volume);
    tone.start(now);
    tone.stop(now + toneS);
  }
}
