/** What `doctor` finds wrong, each with the command that repairs it. */
import { type QTChatError, quote } from '../../errors.js';
import type { PathFault, PathFaultCode } from '../../pki/verify-path.js';

/** Which side of a credential is ill, or the sound of this computer. */
export type Ailment = 'form' | 'chain' | 'name' | 'usage' | 'clock' | 'revocation' | 'key' | 'permissions' | 'sound';

/** One thing wrong. */
export interface Finding {
  readonly about: Ailment;
  /** A sentence without a full stop. */
  readonly message: string;
  /** What repairs it: a command, or what to do where no command can. */
  readonly repair: string;
}

/** Whose credential it is, as far as repairs need to know. */
export interface Patient {
  /** As typed. */
  readonly target: string;
  /** The member's name; undefined for certificates of other programs. */
  readonly member: string | undefined;
}

/** A fault of the certification path as a finding. */
export function findingOf(fault: PathFault, patient: Patient): Finding {
  const { about, repair } = cures[fault.code] ?? { about: 'chain', repair: otherChain };
  return { about, message: fault.message, repair: repair(patient) };
}

/** A file that was refused when it was read. */
export function refusedFinding(error: QTChatError, { target }: Patient): Finding {
  const repair =
    error.code === 'ERR_PKI_CSR_REFUSED' ? 'qtchat cert request' : `restore ${quote(target)}, or make it anew`;
  return { about: 'form', message: error.message, repair: error.hint ?? repair };
}

/** Its names have to be said again: the new certificate has no others. */
const anew = ({ member }: Patient): string => `qtchat cert issue ${member ?? 'NAME'} --replace --ip ADDRESS --dns NAME`;
/** It may have a successor, which another one would revoke. */
const successor = ({ member }: Patient): string =>
  `take the one that is valid (qtchat cert list --name ${member ?? 'NAME'}), or, if none is, qtchat cert issue ${member ?? 'NAME'}`;
const otherChain = ({ target }: Patient): string =>
  `qtchat cert verify ${quote(target)} --root-file ROOT, with the right root, and the intermediates behind the certificate`;

/** What is not here is a fault of the chain. */
const cures: Readonly<Partial<Record<PathFaultCode, { about: Ailment; repair: (patient: Patient) => string }>>> = {
  malformed: { about: 'form', repair: anew },
  'not-yet-valid': { about: 'clock', repair: () => "set this machine's clock (date), or wait" },
  expired: { about: 'clock', repair: ({ member }) => `qtchat cert renew ${member ?? 'NAME'}` },
  usage: { about: 'usage', repair: anew },
  weak: { about: 'key', repair: (patient) => `${anew(patient)} --key p256` },
  name: { about: 'name', repair: anew },
  revoked: { about: 'revocation', repair: successor },
  'revocation-unknown': { about: 'revocation', repair: () => 'qtchat ca crl, where the CA is' },
};
