// What it costs to go on with a file after either end was killed (-9) in the middle: octets that had been written and are
// sent again, and by how much later it begins to move than a new one, because both ends read and hash what is there.
//
//   node bench/file-resume.mjs [MiB]        default 1024
import { readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { ended, line, MiB, makeMembers, start, writeRandom } from './helpers/file-peers.mjs';

const sizeMiB = Number(process.argv[2] ?? 1024);
const chunkBytes = (sizeMiB > 2048 ? 1024 : 256) * 1024;

const folder = await mkdtemp(join(tmpdir(), 'qtchat-bench-'));
try {
  const members = await makeMembers(folder);
  const file = join(folder, 'film.bin');
  await writeRandom(file, sizeMiB * MiB);
  for (const killed of ['receiver', 'sender']) console.log(await resume(members, file, killed));
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function resume({ alice, bob }, file, killed) {
  const inbox = join(folder, `inbox-${killed}`);
  const receive = () => start(alice, 'listen', '--save', inbox, '--listen', '127.0.0.1:0', '--json');
  const send = (port) => start(bob, 'send', `127.0.0.1:${port}`, '--file', file, '--json');
  let receiver = receive();
  let { port } = await line(receiver, (event) => event.event === 'listening');
  const begun = line(receiver, (event) => event.event === 'fileStarted');
  let from = Date.now();
  let sender = send(port);
  const firstMs = Date.parse((await begun).at) - from;
  const partSize = () => {
    try {
      const names = readdirSync(inbox);
      if (names.includes('film.bin')) throw new Error('the file was there before anybody could be killed');
      const part = names.find((name) => name.endsWith('.part'));
      return part === undefined ? 0 : statSync(join(inbox, part)).size;
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
      return 0;
    }
  };
  while (partSize() < (sizeMiB * MiB) / 2) await setTimeout(5);
  const interrupted = line(receiver, (event) => event.event === 'fileInterrupted');
  interrupted.catch(() => {});
  for (const one of killed === 'receiver' ? [receiver, sender] : [sender]) {
    one.kill('SIGKILL');
    await ended(one);
  }
  // What had arrived of the sender before it was killed is still written.
  if (killed === 'sender') await interrupted;
  const writtenBytes = partSize();
  if (killed === 'receiver') {
    receiver = receive();
    ({ port } = await line(receiver, (event) => event.event === 'listening'));
  }
  const started = line(receiver, (event) => event.event === 'fileStarted');
  const done = line(receiver, (event) => event.event === 'fileDone');
  from = Date.now();
  sender = send(port);
  const { at, doneBytes } = await started;
  await done;
  if ((await ended(sender)) !== 0) throw new Error('send failed');
  receiver.kill('SIGTERM');
  await ended(receiver);
  const again = (writtenBytes - doneBytes) / chunkBytes;
  const seconds = ((Date.parse(at) - from - firstMs) / 1000).toFixed(2);
  const there = Math.round(writtenBytes / MiB);
  return `${killed} killed: ${there} of ${sizeMiB} MiB were written; ${again.toFixed(1)} chunks of that are sent again; it goes on ${seconds} s later than a new file begins`;
}
