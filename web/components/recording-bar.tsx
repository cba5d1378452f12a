/** A voicemail that is being recorded, in place of where one writes. */
import { useEffect, useState } from 'preact/hooks';
import { sendVoicemail } from '../intents/voicemail-intents.js';
import { describeSeconds } from '../text/words.js';
import { mostVoicemailMs, type Recording } from '../voicemail/recorder.js';
import { IconButton } from './icon-button.js';
import { useStore } from './store-context.js';

export function RecordingBar({ recording: { beganAtMs } }: { recording: Recording }) {
  const store = useStore();
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1_000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.floor(Math.min(Date.now() - beganAtMs, mostVoicemailMs) / 1000);
  const isOver = seconds * 1000 >= mostVoicemailMs;
  return (
    <section class="composer-row recording" aria-label="Voice message">
      <span class="recording-words" role="status">
        {isOver ? 'Recorded' : 'Recording'}
      </span>
      <span class="recording-time" role="timer">
        {describeSeconds(seconds)} of {describeSeconds(mostVoicemailMs / 1000)}
      </span>
      <IconButton icon="trash" label="Drop the voice message" onClick={() => store.voicemail.drop()} />
      <IconButton icon="send" look="filled" label="Send the voice message" onClick={() => void sendVoicemail(store)} />
    </section>
  );
}
