import { Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { microphoneFlag, speakerFlag } from '../../src/cli/flags.js';
import { QTChatError } from '../../src/errors.js';

/** Long enough to say a sentence, and hear it whole. */
const delaySeconds = 2;

export default class DevicesTest extends BaseCommand {
  static override summary = 'hear yourself after two seconds, and see how loud you are';
  static override examples = [
    '<%= config.bin %> devices test',
    '<%= config.bin %> devices test --input "USB Audio" --seconds 5',
  ];
  static override flags = {
    input: microphoneFlag,
    output: speakerFlag,
    seconds: Flags.integer({ description: 'how long it lasts', default: 10, min: 1, max: 3600 }),
  };

  async run() {
    const { flags } = await this.parse(DevicesTest);
    const { deps } = this;
    const { input, output, seconds } = flags;
    const { testSoundDevices } = await import('../../src/calls/media-process/sound-tools.js');
    const { LevelLine } = await import('../../src/cli/devices/level-line.js');
    this.note(`Say something: you hear it ${delaySeconds} seconds later. It takes ${seconds} seconds; Ctrl-C ends it`);
    const line = new LevelLine(deps);
    const result = await testSoundDevices({
      ...(input !== undefined && { input }),
      ...(output !== undefined && { output }),
      env: deps.env,
      durationMs: seconds * 1000,
      delayMs: delaySeconds * 1000,
      onLevel: (level) => line.show(level),
      signal: deps.signal,
    }).finally(() => line.end());
    if (deps.signal.aborted) throw new QTChatError('ERR_CANCELLED', 'the test was cancelled');
    const loudestPercent = Math.round(100 * result.loudest);
    this.print(`Microphone  ${result.input ?? 'none'}`);
    this.print(`Speaker     ${result.output ?? 'none'}`);
    this.print(`Loudest     ${loudestPercent} %`);
    if (result.input !== undefined && loudestPercent === 0)
      this.note('Only silence came: the microphone is muted, or another one is meant (qtchat devices)');
    return { input: result.input ?? null, output: result.output ?? null, loudestPercent };
  }
}
