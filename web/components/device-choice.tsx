/** Which microphone and speaker a call uses. */
import type { SoundDevice } from '../calls/devices.js';
import { useStore } from './store-context.js';

export function DeviceChoice() {
  const { sound, call } = useStore();
  const devices = call.value?.devices;
  return (
    <div class="devices">
      <Choice
        label="Microphone"
        devices={sound.inputs.value}
        chosen={sound.input.value}
        inUse={devices?.input}
        onChoose={(id) => sound.choose('input', id)}
      />
      <Choice
        label="Speaker"
        devices={sound.outputs.value}
        chosen={sound.output.value}
        inUse={devices?.output}
        onChoose={(id) => sound.choose('output', id)}
      />
    </div>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly devices: readonly SoundDevice[];
  readonly chosen: string;
  readonly inUse: string | null | undefined;
  readonly onChoose: (id: string) => void;
}

function Choice({ label, devices, chosen, inUse, onChoose }: ChoiceProps) {
  return (
    <label class="label">
      {label}
      <select class="field" value={chosen} onChange={(event) => onChoose(event.currentTarget.value)}>
        <option value="">{inUse ? `As the system has it (${inUse})` : 'As the system has it'}</option>
        {devices.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </select>
    </label>
  );
}
