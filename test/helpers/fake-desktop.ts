/** A desktop that shows nothing and writes down what it was told to show. */
import type { Desktop, Environment } from '../../src/ui/desktop/desktop.js';

export class FakeDesktop implements Desktop {
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  readonly launched: { path: string; program?: string }[] = [];
  /** What its programs fail with. */
  failure: Error | undefined;

  constructor(env: Environment = { DISPLAY: ':0' }, platform: NodeJS.Platform = 'linux') {
    this.env = env;
    this.platform = platform;
  }

  async launch(path: string, program?: string): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.launched.push({ path, ...(program !== undefined && { program }) });
  }
}
