/** A guest with an invite line: its id names the invite, whose secret makes the psk. */
import { judgeInvite } from '../../src/ledger/invites.js';
import { spkiDigest } from '../../src/pki/circle.js';
import { rootCertificate } from '../../src/pki/issuer.js';
import type { AutoCa } from '../auto-ca.js';
import { refusal } from '../refusal.js';
import { beginHandshake, type Opening } from './opening.js';

/** Begins an enrolment by the invite `id`. */
export function openByInvite({ ledger, signer, deps }: AutoCa, id: string): Opening {
  return {
    label: `invite ${id}`,
    hello: async (noiseMessage) => {
      const { invite, fault } = await judgeInvite(ledger, id, deps.clock());
      const isLine = invite?.kind === 'line';
      const beginning = { mode: 'invite', id, rootSpkiSha256: spkiDigest(rootCertificate(signer)) } as const;
      // Without an invite no guest can be right, and finding that out takes as long as with one.
      const handshake = beginHandshake(beginning, isLine ? invite.psk : deps.random(32), deps);
      try {
        handshake.readMessage(noiseMessage);
      } catch (cause) {
        throw refusal(fault ?? 'the guest does not know the secret, or was altered on the way', cause);
      }
      if (!isLine) throw refusal('unknown');
      const answer = handshake.writeMessage();
      return { answer, transport: handshake.split(), invite: async () => id };
    },
  };
}
