/** The call that there is, above everything else, whichever conversation is shown. */
import { useEffect, useState } from 'preact/hooks';
import { answerCall, setMuted } from '../intents/call-intents.js';
import { recordVoicemail } from '../intents/voicemail-intents.js';
import { type CallState, qualityOf } from '../state/call.js';
import { describeReason } from '../text/describe-call.js';
import { escapeText } from '../text/escape-text.js';
import { describeSeconds } from '../text/words.js';
import { Avatar } from './avatar.js';
import { DeviceChoice } from './device-choice.js';
import { IconButton } from './icon-button.js';
import { Name } from './name.js';
import { useStore } from './store-context.js';
import { useSelect } from './use-select.js';

const shownAfterMs = 4_000;
/** Where something can still be done about it. */
const shownLongerMs = 15_000;

export function CallPanel() {
  const store = useStore();
  const call = store.call.value;
  const [areDevicesShown, showDevices] = useState(false);
  const isOver = call?.phase === 'ended';
  const canSpeakLater = call?.direction === 'out' && call.end?.reason === 'no-answer';
  useEffect(() => {
    if (!isOver) return;
    const timer = setTimeout(() => store.do({ deed: 'callClosed' }), canSpeakLater ? shownLongerMs : shownAfterMs);
    return () => clearTimeout(timer);
  }, [isOver, call?.id]);
  const member = call?.member ?? '';
  const name = useSelect(({ contacts }) => contacts[member]?.name ?? member, [member]);
  if (call === null) return null;
  const isForUs = call.phase === 'ringing' && call.direction === 'in';
  const isTalking = call.phase === 'connected' || call.phase === 'reconnecting';
  const leaveVoicemail = (): void => {
    store.do({ deed: 'callClosed' });
    store.show(member);
    void recordVoicemail(store, member);
  };
  return (
    <section class={`call is-${call.phase}`} aria-label="Call">
      <Avatar name={name} />
      <div class="call-words">
        <p class="call-name">
          <Name name={name} />
        </p>
        <p class="call-state" role={isForUs ? 'alert' : 'status'}>
          {describePhase(call, escapeText(name))}
        </p>
        {isTalking && <CallNumbers call={call} />}
      </div>
      {isTalking && <Levels call={call} />}
      <div class="call-buttons">
        {isForUs && (
          <>
            <IconButton icon="call" look="good" label={`Answer ${name}`} onClick={() => answerCall(store, 'answer')} />
            <IconButton icon="hangup" look="danger" label="Decline" onClick={() => answerCall(store, 'reject')} />
          </>
        )}
        {isTalking && (
          <>
            <IconButton
              icon={call.isMuted ? 'muted' : 'mic'}
              label={call.isMuted ? 'You are muted: speak again' : 'Mute'}
              isPressed={call.isMuted}
              onClick={() => void setMuted(store, !call.isMuted)}
            />
            <IconButton
              icon="speaker"
              label="Microphone and speaker"
              isPressed={areDevicesShown}
              onClick={() => showDevices(!areDevicesShown)}
            />
          </>
        )}
        {!isForUs && !isOver && (
          <IconButton icon="hangup" look="danger" label="Hang up" onClick={() => answerCall(store, 'hangup')} />
        )}
        {canSpeakLater && <IconButton icon="mic" label={`Leave ${name} a voice message`} onClick={leaveVoicemail} />}
        {isOver && <IconButton icon="cancel" label="Close" onClick={() => store.do({ deed: 'callClosed' })} />}
      </div>
      {isTalking && areDevicesShown && <DeviceChoice />}
      {store.sound.problem.value !== undefined && !isOver && (
        <p class="call-problem" role="alert">
          {store.sound.problem.value}
        </p>
      )}
    </section>
  );
}

function describePhase(call: CallState, name: string): string {
  switch (call.phase) {
    case 'calling':
      return 'Calling…';
    case 'ringing':
      return call.direction === 'in' ? `${name} is calling` : 'It rings there…';
    case 'connecting':
      return 'Connecting…';
    case 'connected':
      return describeTalking(call, name);
    case 'reconnecting':
      return 'The connection broke off: reconnecting…';
    case 'ended': {
      const { end } = call;
      if (end === undefined) return 'The call is over';
      if (end.missed) return 'You missed this call';
      if (end.reason === 'hung-up') return 'The call is over';
      return `The call is over: ${describeReason(end.reason)}${end.error === null ? '' : `. ${escapeText(end.error.message)}`}`;
    }
  }
}

function describeTalking({ isMuted, devices, peerDevices }: CallState, name: string): string {
  if (devices?.output === null) return `No speaker here: you cannot hear ${name}`;
  if (devices?.input === null) return `No microphone here: ${name} cannot hear you`;
  if (!peerDevices.input) return `${name} has no microphone: you cannot hear them`;
  if (!peerDevices.output) return `${name} has no speaker: they cannot hear you`;
  return isMuted ? 'You are muted' : 'You can talk';
}

/** For how long, and how good it is. */
function CallNumbers({ call: { connectedAtMs, stats } }: { call: CallState }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1_000);
    return () => clearInterval(timer);
  }, []);
  const quality = stats === undefined ? undefined : qualityOf(stats);
  return (
    <p class="call-numbers">
      <span role="timer">{describeSeconds(Math.max(0, Date.now() - (connectedAtMs ?? Date.now())) / 1000)}</span>
      {stats !== undefined && quality !== undefined && (
        <span title={`${Math.round(stats.kbps)} kbit/s, jitter ${Math.round(stats.jitterMs)} ms`}>
          <span class={`quality is-${quality}`}>{quality}</span> · loss {Math.round(stats.lossPercent)} % ·{' '}
          {Math.round(stats.roundTripMs)} ms
        </span>
      )}
    </p>
  );
}

function Levels({ call: { levels, isMuted } }: { call: CallState }) {
  return (
    <div class="levels">
      <Level label="You" value={isMuted ? 0 : levels.local} />
      <Level label="Them" value={levels.remote} />
    </div>
  );
}

function Level({ label, value }: { label: string; value: number }) {
  return (
    <div class="level" role="img" aria-label={`How loud: ${label}`}>
      <span class="level-label">{label}</span>
      <span class="level-track">
        <span class="level-fill" style={{ transform: `scaleX(${Math.min(1, Math.sqrt(value))})` }} />
      </span>
    </div>
  );
}
