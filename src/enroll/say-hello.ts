/** The guest's half of the Noise handshake, which every way in ends with. */
import type { EnrollmentConnection } from './connection.js';
import { type Beginning, formatHello, prologueOf } from './hello.js';
import { trips } from './http.js';
import { NoiseHandshake } from './noise.js';
import type { WayDeps } from './way-in.js';

/**
 * Says hello and takes the answer.
 *
 * @param inspect - sees the server's message before it is believed
 * @throws {QTChatError} `ERR_NOISE_AUTHENTICATION` unless the other side has the same psk and beginning
 */
export async function sayHello(
  connection: EnrollmentConnection,
  beginning: Beginning,
  psk: Buffer,
  { random }: WayDeps,
  inspect: (noiseMessage: Buffer) => void = () => {},
): Promise<NoiseHandshake> {
  const prologue = prologueOf(beginning);
  const handshake = new NoiseHandshake({ role: 'initiator', prologue, psk, ephemeral: random(32) });
  const answer = await connection.exchange(trips.hello, formatHello(beginning, handshake.writeMessage()));
  inspect(answer);
  handshake.readMessage(answer);
  return handshake;
}
