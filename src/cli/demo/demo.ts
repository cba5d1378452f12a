/**
 * The first minute with the product, on one machine, in a throw-away folder: a circle is made, two
 * members join it at a real Auto CA, chat, and exchange a picture. Every step runs the real program
 * in processes of its own, and every claim that is printed was checked.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { QTChatError, quote } from '../../errors.js';
import { dayOf } from '../../pki/day.js';
import { identityFolder } from '../../store/home.js';
import { DemoChild, runToEnd } from './child.js';
import { sunsetPng } from './picture.js';

/** What happened, as `qtchat demo --json` prints it. */
export interface DemoResult {
  readonly circleId: string;
  readonly members: readonly string[];
  /** TLS version and cipher between the two members. */
  readonly security: string;
  /** Whether openssl was there and accepted both certificates; null when it is not installed. */
  readonly opensslVerified: boolean | null;
  readonly pictureSha256: string;
  readonly pictureSizeBytes: number;
  readonly elapsedMs: number;
}

/** What the demonstration takes from outside. */
export interface DemoOptions {
  readonly clock: () => Date;
  readonly signal: AbortSignal;
  /** Told of each step, once it has happened. */
  readonly say: (line: string) => void;
}

const host = 'alice';
const [bob, carol] = ['bob', 'carol'];
const greeting = 'Ahoy bob, is this really private?';
const reply = 'Yes: only you and I can read it. 🔒';

/**
 * Runs the demonstration; nothing of it remains.
 *
 * @throws {QTChatError} `ERR_DEMO_FAILED` when any step did not do what it should
 */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const startMs = options.clock().getTime();
  const folder = await mkdtemp(join(tmpdir(), 'qtchat-demo-'));
  const children: DemoChild[] = [];
  const stopAll = (): Promise<unknown> => Promise.all(children.map((child) => child.stop()));
  const onAbort = (): void => void stopAll();
  options.signal.addEventListener('abort', onAbort);
  try {
    const homeOf = (member: string): string => join(folder, member);
    const start = (argv: readonly string[], member: string): DemoChild => {
      const child = new DemoChild(argv, homeOf(member));
      children.push(child);
      return child;
    };
    const circleId = await makeCircle(homeOf(host), options.say);
    await enrolMembers(start, homeOf, options.say);
    const opensslVerified = verifyWithOpenssl(homeOf, options.say);
    const { security, picture } = await converse(start, folder, options.say);
    const elapsedMs = options.clock().getTime() - startMs;
    return {
      circleId,
      members: [bob, carol],
      security,
      opensslVerified,
      pictureSha256: sha256(picture),
      pictureSizeBytes: picture.length,
      elapsedMs,
    };
  } catch (error) {
    if (options.signal.aborted) throw new QTChatError('ERR_CANCELLED', 'the demonstration was cancelled');
    throw error;
  } finally {
    options.signal.removeEventListener('abort', onAbort);
    await stopAll();
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeCircle(home: string, say: DemoOptions['say']): Promise<string> {
  // Without a password only because this circle is gone in a few seconds.
  await runToEnd(['ca', 'init', '--no-password'], home);
  await runToEnd(['cert', 'issue', host, '--me', '--ip', '127.0.0.1'], home);
  const { circleId } = await runToEnd(['ca', 'show'], home);
  say(`${host} made a circle of her own: a CA, and a certificate for herself`);
  say(`  its name, which nobody can forge, is ${circleId}`);
  return String(circleId);
}

type Start = (argv: readonly string[], member: string) => DemoChild;
type HomeOf = (member: string) => string;

async function enrolMembers(start: Start, homeOf: HomeOf, say: DemoOptions['say']): Promise<void> {
  const server = start(['autoca', 'serve', '--host', '127.0.0.1', '--port', '0'], host);
  const { port } = await server.event(({ event }) => event === 'listening');
  say(`${host} runs an Auto CA on port ${port}: plain HTTP, safe to run on an open network`);
  for (const member of [bob, carol]) {
    const { invite } = await runToEnd(['autoca', 'invite', member, '--ip', '127.0.0.1'], homeOf(host));
    // By standard input: an invite is a secret, and argument lists are public.
    const enrolled = await runToEnd(['enroll', '-'], homeOf(member), String(invite));
    expectThat(enrolled.member === member, `the identity of ${member} is in another name`);
    say(`${member} pasted ${host}'s invite and has a certificate until ${dayOf(String(enrolled.notAfter))}`);
  }
  await server.stop();
}

function verifyWithOpenssl(homeOf: HomeOf, say: DemoOptions['say']): boolean | null {
  if (spawnSync('openssl', ['version']).status !== 0) return null;
  const root = join(homeOf(host), 'ca', 'root.pem');
  for (const member of [bob, carol]) {
    const certificate = join(identityFolder({ folder: homeOf(member) }, member), 'cert.pem');
    const { status, stderr } = spawnSync('openssl', ['verify', '-x509_strict', '-CAfile', root, certificate]);
    expectThat(status === 0, `openssl does not accept the certificate of ${member}: ${String(stderr).trim()}`);
  }
  say('openssl, which knows nothing of qtchat, accepts both certificates');
  return true;
}

async function converse(
  start: Start,
  folder: string,
  say: DemoOptions['say'],
): Promise<{ security: string; picture: Buffer }> {
  const bobChat = start(['chat', '--listen', '127.0.0.1:0'], bob);
  const { port } = await bobChat.event(({ event }) => event === 'listening');
  const carolChat = start(['chat', '--listen', '127.0.0.1:0', '--peer', `127.0.0.1:${port}`], carol);
  const met = await carolChat.event(({ event, member }) => event === 'connected' && member === bob);
  await bobChat.event(({ event, member }) => event === 'connected' && member === carol);
  say(`${carol} and ${bob} are connected directly, each proving who they are: ${met.security}`);

  await tell(carolChat, bobChat, carol, greeting);
  say(`  ${carol}: ${greeting}`);
  await tell(bobChat, carolChat, bob, reply);
  say(`  ${bob}: ${reply}`);

  const picture = sunsetPng(640, 400);
  const path = join(folder, 'sunset.png');
  await writeFile(path, picture);
  carolChat.command({ command: 'file', path });
  const sent = await carolChat.event(({ event }) => event === 'fileDone');
  const received = await bobChat.event(({ event }) => event === 'fileDone');
  const arrived = await readFile(String(received.path));
  expectThat(arrived.equals(picture), 'the picture that arrived is not the one that was sent');
  expectThat(sent.sha256 === sha256(picture), 'the two sides do not agree on the digest of the picture');
  say(`${carol} sent a picture (${picture.length} octets); ${bob} has it, with the same SHA-256`);
  say(`  ${sha256(picture)}`);
  return { security: String(met.security), picture };
}

async function tell(from: DemoChild, to: DemoChild, member: string, text: string): Promise<void> {
  from.command({ command: 'send', text });
  const message = await to.event((event) => event.event === 'message' && event.member === member);
  expectThat(message.text === text, `the message of ${member} arrived as ${quote(String(message.text))}`);
  await from.event(({ event }) => event === 'delivered');
}

function expectThat(isTrue: boolean, otherwise: string): void {
  if (!isTrue) throw new QTChatError('ERR_DEMO_FAILED', otherwise);
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
