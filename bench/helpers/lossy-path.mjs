// Two network namespaces of Linux, and nothing between them but a line in user space that loses packets: what runs in them meets the
// TCP of this kernel as it is, and can reach nothing else. Needs root, iproute2 and Python 3.
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const relay = join(dirname(fileURLToPath(import.meta.url)), 'lossy-path.py');

/** The addresses of the two ends. */
export const addresses = { near: '10.77.0.1', far: '10.77.0.2' };

/** Why there can be no such line here; undefined where there can be one. */
export function obstacle() {
  if (process.platform !== 'linux') return 'only Linux has network namespaces';
  if (process.getuid() !== 0) return 'only root can make network namespaces';
  for (const [program, ...argv] of [
    ['python3', '--version'],
    ['ip', '-V'],
  ]) {
    if (spawnSync(program, argv).status !== 0) return `there is no ${program}`;
  }
  const probe = `qtchat-${process.pid}-probe`;
  const { status, stderr } = spawnSync('ip', ['netns', 'add', probe]);
  if (status !== 0) return `no network namespace can be made (${String(stderr).trim()})`;
  const { status: opened } = spawnSync('ip', ['netns', 'exec', probe, 'test', '-w', '/dev/net/tun']);
  spawnSync('ip', ['netns', 'delete', probe]);
  return opened === 0 ? undefined : 'there is no /dev/net/tun';
}

/** A line between two namespaces. */
export class LossyPath {
  #names;
  #relay;
  #lines;
  /** @param line - megabitsPerSecond, delayMs of each direction, lossPercent of each, bufferBytes in front of each, congestionControl of both ends */
  static async open({ megabitsPerSecond, delayMs, lossPercent, bufferBytes, congestionControl }) {
    const path = new LossyPath();
    const of = (end) => `qtchat-${process.pid}-${end}`;
    path.#names = { near: of('near'), far: of('far'), line: of('line') };
    const { near, far, line } = path.#names;
    process.once('exit', path.#onExit);
    try {
      for (const name of [near, far, line]) await run('ip', ['netns', 'add', name]);
      const figures = [(megabitsPerSecond * 1e6) / 8, delayMs / 1000, lossPercent / 100, bufferBytes].map(String);
      // The devices come into being where there is nothing else, so that none of them is ever among those of this machine.
      const argv = ['netns', 'exec', line, 'python3', relay, 'near', 'far', ...figures];
      path.#relay = spawn('ip', argv, { stdio: ['pipe', 'pipe', 'inherit'] });
      path.#lines = createInterface({ input: path.#relay.stdout })[Symbol.asyncIterator]();
      if ((await path.#lines.next()).value !== 'open') throw new Error('the line did not open');
      for (const [end, name] of [
        ['near', near],
        ['far', far],
      ]) {
        await run('ip', ['-n', line, 'link', 'set', end, 'netns', name]);
        const settings = [
          `net.ipv4.tcp_congestion_control=${congestionControl}`,
          // What the kernel remembers of one run is not to help the next.
          'net.ipv4.tcp_no_metrics_save=1',
          'net.ipv6.conf.all.disable_ipv6=1',
        ];
        for (const setting of settings) await run('ip', ['netns', 'exec', name, 'sysctl', '-qw', setting]);
        await run('ip', ['-n', name, 'link', 'set', end, 'txqueuelen', '5000', 'up']);
        await run('ip', ['-n', name, 'address', 'add', `${addresses[end]}/24`, 'dev', end]);
      }
      await path.#checkClosed();
      return path;
    } catch (error) {
      await path.close();
      throw error;
    }
  }

  /** How `fork` runs a program at an end. */
  at(end) {
    return { execPath: 'ip', execArgv: ['netns', 'exec', this.#names[end], process.execPath] };
  }

  /** What has passed so far and what was lost, by direction: from the near end, and to it. Ends the line. */
  async end() {
    // What a device could not take has been lost as well.
    const overrun = await Promise.all(['near', 'far'].map((end) => this.#droppedAt(end)));
    this.#relay.stdin.end();
    return JSON.parse((await this.#lines.next()).value).map((one, at) => ({ ...one, overrun: overrun[at] }));
  }

  /** Takes it all away. */
  async close() {
    if (this.#relay?.exitCode === null) {
      this.#relay.stdin.end();
      await once(this.#relay, 'exit');
    }
    this.#onExit();
    process.off('exit', this.#onExit);
  }

  #onExit = () => {
    for (const name of Object.values(this.#names)) spawnSync('ip', ['netns', 'delete', name]);
  };

  async #droppedAt(end) {
    const { stdout } = await run('ip', ['-n', this.#names[end], '-j', '-s', 'link', 'show', end]);
    return JSON.parse(stdout)[0].stats64.tx.dropped;
  }

  /** Makes sure that nothing leads out: one device at each end, one route, over it; and no device of this machine is one of them. */
  async #checkClosed() {
    for (const end of ['near', 'far']) {
      const read = async (...argv) => JSON.parse((await run('ip', ['-n', this.#names[end], '-j', ...argv])).stdout);
      const devices = (await read('link')).filter(({ flags }) => flags.includes('UP')).map(({ ifname }) => ifname);
      const routes = (await read('route')).map(({ dst, dev }) => `${dst} ${dev}`);
      if (devices.join() !== end || routes.join() !== `10.77.0.0/24 ${end}`) {
        throw new Error(`a namespace leads somewhere else: ${devices} ${routes}`);
      }
    }
    const own = readFileSync('/proc/net/dev', 'utf8');
    if (/^\s*(near|far):/m.test(own)) throw new Error('an end of the line is among the devices of this machine');
  }
}
