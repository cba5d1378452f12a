// How fast a folder of many small files goes from `qtchat send` to `qtchat listen`, against rsync over ssh, on
// loopback, in turns, on the disk of one temporary folder. qtchat's span begins when both sides agreed on the folder
// and ends when it stands under its name, compared, and on disk; rsync's is all of the command, since it tells nothing
// of its parts, and flushes nothing. The whole command of qtchat, with its start, is told as well.
//
//   node bench/folder-transfer.mjs [files [octets [rounds]]]      default 10000, 4096 and 3
import { spawn, spawnSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ended, makeMembers, transfer } from './helpers/file-peers.mjs';
import { quantile } from './helpers/quantile.mjs';
import { missing, startSshServer } from './helpers/ssh-server.mjs';

const [files, sizeBytes, rounds] = [10_000, 4096, 3].map((value, index) => Number(process.argv[2 + index] ?? value));
const filesInFolder = 100;

const folder = await mkdtemp(join(tmpdir(), 'qtchat-bench-'));
const without = missing('rsync', 'ssh', 'ssh-keygen');
const ssh = without === undefined ? await startSshServer(folder) : undefined;
try {
  const members = await makeMembers(folder);
  const many = join(folder, 'many');
  await writeMany(many);
  const found = { rsync: [], qtchat: [], whole: [] };
  for (let round = 0; round < rounds; round += 1) {
    // Nothing is deleted in between: a file system makes files slowly for minutes after many were deleted.
    spawnSync('sync');
    if (ssh !== undefined) found.rsync.push(await rsync(ssh, many, join(folder, `rsync-${round}`)));
    spawnSync('sync');
    const { seconds, wholeSeconds, peaksMB } = await transfer(members, join(folder, `inbox-${round}`), many);
    found.qtchat.push(seconds);
    found.whole.push(wholeSeconds);
    found.peaksMB = peaksMB;
  }
  report(found);
} finally {
  await ssh?.end();
  await rm(folder, { recursive: true, force: true });
}

function report({ rsync, qtchat, whole, peaksMB }) {
  const rates = (seconds) => seconds.map((one) => Math.round(files / one)).join(' ');
  console.log(`${files} files of ${sizeBytes} octets, files/s in the order of the runs:`);
  console.log(`  rsync over ssh  ${without ?? rates(rsync)}`);
  console.log(`  qtchat          ${rates(qtchat)} (the whole command ${rates(whole)})`);
  if (without === undefined) {
    const [theirs, ours, all] = [rsync, qtchat, whole].map((seconds) => quantile(seconds, 0.5));
    console.log(
      `qtchat ÷ rsync    ${(theirs / ours).toFixed(2)} (the whole command ${(theirs / all).toFixed(2)}), medians`,
    );
  }
  console.log(`peak memory       send ${peaksMB[0]} MB, listen ${peaksMB[1]} MB`);
}

async function writeMany(path) {
  const octets = Buffer.alloc(sizeBytes);
  for (let index = 0; index < files; index += 1) {
    const place = join(path, `folder-${Math.floor(index / filesInFolder)}`);
    if (index % filesInFolder === 0) await mkdir(place, { recursive: true });
    await writeFile(join(place, `file-${index}`), randomFillSync(octets));
  }
}

async function rsync({ port, options }, from, to) {
  const begin = performance.now();
  const shell = ['ssh', '-p', String(port), ...options].join(' ');
  const child = spawn('rsync', ['-a', '-e', shell, from, `127.0.0.1:${to}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if ((await ended(child)) !== 0) throw new Error('rsync failed');
  return (performance.now() - begin) / 1000;
}
