/**
 * How an enrolment begins, shared by guest and Auto CA. What proves that the two belong together differs:
 *
 *     invite     a secret of 128 bits in the line     hello alone
 *     code       six digits, through CPace            opening, then hello
 *     approval   nothing; people compare words        opening, then hello
 *
 *     opening, code       version 1 | 2 | slot 1 | sid 16 | CPace share 32    ->  CPace share 32
 *     opening, approval   version 1 | 3                                       ->  request id 8 | commitment 32
 *     hello               version 1 | mode 1 | id | Noise message 1           ->  Noise message 2
 *
 * The id is the invite's or the request's (8 octets), or the code's slot (1 octet).
 */
import { inviteIdSizeBytes } from './invite.js';
import { handshakeMessageSizeBytes } from './noise.js';

/** Version of this protocol. */
export const protocolVersion = 1;

/** What proves that guest and Auto CA belong together. */
export type Mode = 'invite' | 'code' | 'approval';

const modeOctets: Readonly<Record<Mode, number>> = { invite: 1, code: 2, approval: 3 };
const idSizesBytes: Readonly<Record<Mode, number>> = {
  invite: inviteIdSizeBytes,
  code: 1,
  approval: inviteIdSizeBytes,
};
// The one who writes the first Noise message. Other modes may turn this round.
const guestInitiates = 1;
const unknownRoot = Buffer.alloc(32);

/** The psk of those who share nothing. */
export const noSecret: Buffer = Buffer.alloc(32);

/** How long a request for approval waits for the host. */
export const approvalMs = 10 * 60 * 1000;

/** The slots that two digits can name. */
const codeSlots = 100;
/** The octets of a CPace session id. */
export const sidSizeBytes = 16;
/** The octets of a CPace share. */
const shareSizeBytes = 32;
/** The octets of the server's commitment to its key; see words.ts. */
const commitmentSizeBytes = 32;

/** Octets of an opening. */
export const openingSizesBytes = [3 + sidSizeBytes + shareSizeBytes, 2];
/** Octets of what answers it. */
export const openingAnswerSizesBytes = [shareSizeBytes, inviteIdSizeBytes + commitmentSizeBytes];
/** Octets of a hello. */
export const helloSizesBytes = [...new Set(Object.values(idSizesBytes))].map(
  (idSize) => 2 + idSize + handshakeMessageSizeBytes,
);

/** Which enrolment it is, for both sides. */
export interface Beginning {
  readonly mode: Mode;
  /** Hex: of an invite or a request 16 digits, of a code's slot 2. */
  readonly id: string;
  /** Where the guest knows it beforehand. */
  readonly rootSpkiSha256?: Buffer;
}

/** What both sides must agree on before the handshake can succeed: version, mode, id, role, root. */
export function prologueOf({ mode, id, rootSpkiSha256 = unknownRoot }: Beginning): Buffer {
  return Buffer.concat([
    Buffer.from('qtchat enroll', 'latin1'),
    Buffer.from([protocolVersion, modeOctets[mode]]),
    Buffer.from(id, 'hex'),
    Buffer.from([guestInitiates]),
    rootSpkiSha256,
  ]);
}

/** Puts a hello together. */
export function formatHello({ mode, id }: Beginning, noiseMessage: Buffer): Buffer {
  return Buffer.concat([Buffer.from([protocolVersion, modeOctets[mode]]), Buffer.from(id, 'hex'), noiseMessage]);
}

/** Takes a hello apart; undefined when it is of another version, mode or size. */
export function parseHello(octets: Buffer): { mode: Mode; id: string; noiseMessage: Buffer } | undefined {
  const mode = modeOf(octets);
  if (mode === undefined) return undefined;
  const idEnd = 2 + idSizesBytes[mode];
  if (octets.length !== idEnd + handshakeMessageSizeBytes) return undefined;
  return { mode, id: octets.subarray(2, idEnd).toString('hex'), noiseMessage: octets.subarray(idEnd) };
}

/** What a guest with a code begins with. */
export interface CodeOpening {
  /** 0 to 99. */
  readonly slot: number;
  readonly sid: Buffer;
  readonly share: Buffer;
}

/** Puts the opening for a code together, or, without one, that for an approval. */
export function formatOpening(code?: CodeOpening): Buffer {
  if (code === undefined) return Buffer.from([protocolVersion, modeOctets.approval]);
  return Buffer.concat([Buffer.from([protocolVersion, modeOctets.code, code.slot]), code.sid, code.share]);
}

/** Takes an opening apart; undefined when it is of another version, mode or size. */
export function parseOpening(octets: Buffer): { mode: 'code'; code: CodeOpening } | { mode: 'approval' } | undefined {
  const mode = modeOf(octets);
  if (mode === 'approval' && octets.length === 2) return { mode };
  const [slot = codeSlots] = octets.subarray(2);
  if (mode !== 'code' || octets.length !== openingSizesBytes[0] || slot >= codeSlots) return undefined;
  const shareStart = 3 + sidSizeBytes;
  return { mode, code: { slot, sid: octets.subarray(3, shareStart), share: octets.subarray(shareStart) } };
}

/** Takes the answer to an opening for approval apart; undefined when it is no such answer. */
export function parseCommitment(octets: Buffer): { id: string; commitment: Buffer } | undefined {
  if (octets.length !== inviteIdSizeBytes + commitmentSizeBytes) return undefined;
  return { id: octets.toString('hex', 0, inviteIdSizeBytes), commitment: octets.subarray(inviteIdSizeBytes) };
}

function modeOf(octets: Buffer): Mode | undefined {
  if (octets[0] !== protocolVersion) return undefined;
  return (Object.keys(modeOctets) as Mode[]).find((mode) => modeOctets[mode] === octets[1]);
}
