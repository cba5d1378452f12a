/** A disk without room: on a small one of its own, mounted in a namespace, what failed left nothing, and what was done stays. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../src/package-root.js';
import { makeHome, type TestHome } from '../helpers/home.js';

const unshare = ['unshare', '--map-root-user', '--mount'];
const canMount =
  spawnSync(unshare[0] ?? '', [...unshare.slice(1), 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' })
    .status === 0;

const run = join(packageRoot(), 'bin/run.js');
let test: TestHome;

beforeEach(() => {
  test = makeHome();
});

afterEach(() => test.remove());

/** Runs a shell script in a folder of 400 KiB, or as `options` say; `qtchat` there is the program, its home on the same disk. */
function runOnSmallDisk(script: string, options = 'size=400k'): { stdout: string; stderr: string } {
  const disk = test.at('disk');
  mkdirSync(disk);
  const program = `qtchat() { '${process.execPath}' '${run}' "$@"; }`;
  const mount = `mount -t tmpfs -o ${options},mode=700 tmpfs '${disk}' && cd '${disk}'`;
  const [command = '', ...args] = [...unshare, 'sh', '-c', `${mount} || exit 1\n${program}\n${script}`];
  const env = { PATH: process.env.PATH, HOME: test.folder, QTCHAT_HOME: join(disk, 'home') };
  const { stdout, stderr } = spawnSync(command, args, { env, encoding: 'utf8' });
  return { stdout, stderr };
}

(canMount ? describe : describe.skip)('a disk that is full', () => {
  it('makes no CA, and says why', () => {
    const { stdout } = runOnSmallDisk(`
      dd if=/dev/zero of=filler bs=1k count=1000 2>/dev/null
      qtchat ca init --no-password --json
      ls -A home`);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'ERR_STORE_NO_SPACE' } });
  });

  it('ends issuing with one line, keeps all that was issued, and goes on once there is room', () => {
    const { stdout } = runOnSmallDisk(`
      qtchat ca init --no-password >/dev/null 2>&1
      qtchat cert issue first --out out >/dev/null
      dd if=/dev/zero of=filler bs=1k count=1000 2>/dev/null
      for name in a b c d e f g h; do qtchat cert issue $name --out out --json >answer; code=$?; [ $code = 0 ] || break; done
      echo "exit $code"; rm filler
      for key in out/*.key; do tail -n 1 $key; done | sort -u
      for name in out/*; do [ -s $name ] || echo "empty $name"; done
      qtchat ca crl >/dev/null && qtchat cert issue last --out out >/dev/null && echo "goes on"
      for file in out/*.pem; do qtchat cert verify $file >/dev/null && echo "good $file"; done | wc -l
      ls out | grep -c pem`);
    const [exit, keys, next, good, files] = stdout.trim().split('\n');
    expect([exit, keys, next]).toEqual(['exit 1', '-----END PRIVATE KEY-----', 'goes on']);
    expect(good).toBe(files);
  });

  it.each([
    ['files take more of it than they hold', 'size=64m', 9_000],
    ['files would be too many for it', 'size=400m,nr_inodes=3000', 2_500],
  ])('takes no folder whose %s, and others keep theirs', (_, options, files) => {
    const { stdout } = runOnSmallDisk(
      `
      qtchat ca init --no-password --home ../a >/dev/null 2>&1
      qtchat cert issue alice --me --ip 127.0.0.1 --home ../a >/dev/null
      echo a-long-password >../password
      qtchat cert issue bob --pfx --pfx-password-file ../password --out ../out --home ../a >/dev/null 2>&1
      qtchat cert import ../out/bob.pfx --pfx-password-file ../password --root-file ../a/ca/root.pem --home ../b >/dev/null 2>&1
      mkdir ../many; cd ../many
      for name in $(seq ${files}); do printf x >$name; done; cd ../disk
      (exec '${process.execPath}' '${run}' listen --save . --listen 127.0.0.1:0 --home ../a --json) >../events &
      while ! grep -q listening ../events; do sleep 0.05; done
      port=$(sed -n 's/.*"port":\\([0-9]*\\).*/\\1/p' ../events | head -n 1)
      qtchat send 127.0.0.1:$port --file ../many --home ../b --json; echo "exit $?"
      kill $!; wait $!
      ls -A | grep -v part`,
      options,
    );
    expect(stdout).toMatch(/exit 1/);
    expect(stdout).toMatch(/could not be stored/);
    expect(stdout).not.toMatch(/^many$/m);
  });
});
