import { BaseCommand } from '../src/cli/base-command.js';

export default class Devices extends BaseCommand {
  static override summary = 'list the microphones and speakers that calls can use';
  static override examples = ['<%= config.bin %> devices', '<%= config.bin %> devices test'];

  async run() {
    await this.parse(Devices);
    const { listSoundDevices } = await import('../src/calls/media-process/sound-tools.js');
    const { tableLines } = await import('../src/cli/table.js');
    const devices = await listSoundDevices(this.deps.env);
    const rows = devices.map(({ name, isInput, isOutput }) => [isInput ? 'yes' : '', isOutput ? 'yes' : '', name]);
    if (rows.length === 0) this.note('There are none. Next: qtchat doctor --sound');
    else for (const line of tableLines(['MICROPHONE', 'SPEAKER', 'NAME'], rows)) this.print(line);
    return { devices };
  }
}
