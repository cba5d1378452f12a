/** Reading as cheaply as may be: the same octets come, whatever the stream is. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type Duplex, PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import { readOctets } from '../../../src/transport/read-octets.js';

const content = randomBytes(3_000_000);
const open: { destroy(): void }[] = [];

afterEach(() => {
  for (const one of open.splice(0)) one.destroy();
});

async function socketPair(): Promise<[Duplex, Duplex]> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const outgoing = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [incoming] = (await once(server, 'connection')) as [Socket];
  server.close();
  open.push(outgoing, incoming);
  return [outgoing, incoming];
}

const through = async (): Promise<[Duplex, Duplex]> => {
  const stream = new PassThrough();
  return [stream, stream];
};

describe.each([
  ['a socket', socketPair],
  ['another stream', through],
])('%s', (_, pair) => {
  it('is read to its end, and what came before is not lost', async () => {
    const [from, to] = await pair();
    from.write(content.subarray(0, 10));
    await once(to, 'readable');
    const found: Buffer[] = [];
    readOctets(to, (octets) => found.push(Buffer.from(octets)));
    from.end(content.subarray(10));
    await once(to, 'end');
    expect(Buffer.concat(found).equals(content)).toBe(true);
  });

  it('is not read while it is paused', async () => {
    const [from, to] = await pair();
    const found: Buffer[] = [];
    let count = 0;
    const reading = readOctets(to, (octets) => {
      found.push(Buffer.from(octets));
      reading.pause();
      count += 1;
      const before = count;
      setImmediate(() => {
        expect(count).toBe(before);
        reading.resume();
      });
    });
    from.end(content);
    await once(to, 'end');
    expect(Buffer.concat(found).equals(content)).toBe(true);
  });

  it('hands nothing over any more when it is stopped, and ends', async () => {
    const [from, to] = await pair();
    let count = 0;
    const reading = readOctets(to, () => {
      count += 1;
      reading.stop();
    });
    from.end(content);
    to.resume();
    await once(to, 'end');
    expect(count).toBe(1);
  });
});
