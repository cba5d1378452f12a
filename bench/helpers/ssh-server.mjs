// An sshd of its own on 127.0.0.1, with throw-away keys, for comparisons with scp and rsync.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from './free-port.mjs';

const program = '/usr/sbin/sshd';

/** Why there is no comparison; undefined when there can be one. */
export function missing(...programs) {
  const absent = programs.filter((name) => spawnSync('which', [name]).status !== 0);
  if (existsSync(program) && absent.length === 0) return undefined;
  return 'missing: apt-get install openssh-server openssh-client rsync';
}

/** Starts one below `folder`. @returns the options of ssh for it, and how it is ended */
export async function startSshServer(folder) {
  const place = join(folder, 'ssh');
  await mkdir(place, { mode: 0o700 });
  for (const name of ['host', 'user']) {
    spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(place, name)]);
  }
  await copyFile(join(place, 'user.pub'), join(place, 'authorized'));
  const port = await freePort();
  const config = join(place, 'config');
  const settings = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(place, 'host')}`,
    `AuthorizedKeysFile ${join(place, 'authorized')}`,
    `PidFile ${join(place, 'pid')}`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'Subsystem sftp internal-sftp',
  ];
  await writeFile(config, `${settings.join('\n')}\n`);
  if (process.getuid() === 0) mkdirSync('/run/sshd', { recursive: true });
  const server = spawn(program, ['-D', '-f', config, '-E', join(place, 'log')], { stdio: 'inherit' });
  await reachable(port);
  const quiet = ['UserKnownHostsFile=/dev/null', 'StrictHostKeyChecking=no', 'LogLevel=ERROR', 'BatchMode=yes'];
  const options = [...quiet.flatMap((option) => ['-o', option]), '-i', join(place, 'user')];
  const end = async () => {
    server.kill();
    await once(server, 'exit');
  };
  return { port, options, end };
}

async function reachable(port) {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('sshd did not start');
}
