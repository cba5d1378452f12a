/** Flags that several commands share, so that they are called and explained alike everywhere. */
import { Flags } from '@oclif/core';
import { keyTypes } from '../pki/key-type.js';
import { revocationReasons } from '../pki/revocation-reason.js';

const repeatable = { multiple: true, multipleNonGreedy: true } as const;

/** `--ip`: addresses for subjectAltName. */
export const ipFlag = Flags.string({
  ...repeatable,
  description: 'IP address for the certificate (repeatable)',
  helpValue: 'ADDRESS',
});

/** `--dns`: names for subjectAltName. */
export const dnsFlag = Flags.string({
  ...repeatable,
  description: 'DNS name for the certificate (repeatable)',
  helpValue: 'NAME',
});

/** `--san-cnf`: read by `readRequestedNames`. */
export const sanCnfFlag = Flags.string({
  description: 'openssl configuration whose subjectAltName gives the names',
  helpValue: 'FILE',
});

/** Every flag that gives names for subjectAltName. */
export const nameFlags = {
  ip: ipFlag,
  dns: dnsFlag,
  email: Flags.string({
    ...repeatable,
    description: 'e-mail address for the certificate (repeatable)',
    helpValue: 'ADDRESS',
  }),
  uri: Flags.string({ ...repeatable, description: 'URI for the certificate (repeatable)', helpValue: 'URI' }),
  'san-cnf': sanCnfFlag,
};

/** `--input`: the microphone of calls. */
export const microphoneFlag = Flags.string({
  description: "microphone, by its name or a part of it (default the system's)",
  helpValue: 'NAME',
});

/** `--output`: the speaker of calls. */
export const speakerFlag = Flags.string({
  description: "speaker, by its name or a part of it (default the system's)",
  helpValue: 'NAME',
});

/** `--key`: judged by `parseKeyType`. */
export const keyFlag = Flags.string({
  description: `kind of key: ${keyTypes.join(', ')}`,
  default: 'p256',
  helpValue: 'TYPE',
});

/** `--ca-password-file`, of every command that may need the CA key. */
export const caPasswordFileFlag = Flags.string({
  description: 'file whose first line is the password of the CA key (- for standard input)',
  helpValue: 'FILE',
});

/** `--database`: read by `parseDatabaseUrl`. */
export const databaseFlag = Flags.string({
  description: 'keep the ledger in this PostgreSQL database from now on: postgres://USER@HOST/DATABASE',
  helpValue: 'URL',
});

/** `--database-password-file`. */
export const databasePasswordFileFlag = Flags.string({
  description: 'file whose first line is the password of the database (- for standard input)',
  helpValue: 'FILE',
});

/** `--pfx-password-file`. */
export const pfxPasswordFileFlag = Flags.string({
  description: 'file whose first line is the password of the .pfx (- for standard input)',
  helpValue: 'FILE',
});

/** `--identity-password-file`, of every command that opens the key of an identity. */
export const identityPasswordFileFlag = Flags.string({
  description: "file whose first line is the password of the identity's key (- for standard input)",
  helpValue: 'FILE',
});

/** `--new-password-file`. */
export const newPasswordFileFlag = Flags.string({
  description: "file whose first line is the new password of the identity's key (- for standard input)",
  helpValue: 'FILE',
});

/** `--root-file`. */
export const rootFileFlag = Flags.string({ description: 'root certificate to trust', helpValue: 'FILE' });

/** `--root-key-file`, of commands that need the key of a root that does not issue itself. */
export const rootKeyFileFlag = Flags.string({
  description: "the root's key (default that of this home)",
  helpValue: 'FILE',
});

/** `--reason`: read by `parseRevocationReason`. */
export const reasonFlag = Flags.string({
  description: `why: ${revocationReasons.join(', ')} (default the first)`,
  helpValue: 'REASON',
});

/** `--listen`: read by `parseListen`. */
export const listenFlag = Flags.string({
  description: 'listen here (default all addresses, port 17590 or 17591)',
  helpValue: 'ADDR[:PORT]',
});

/** `--announce`, of those who listen. */
export const announceSelfFlag = Flags.boolean({
  description: "let members find you by name: on this network by mDNS, and in the Auto CA's directory",
});

/** Of `--timeout`: timers hold no more than 24 days. */
export const timeoutRange = { min: 1, max: 2_000_000, helpValue: 'SECONDS' } as const;

/** `--quota`: read by `parseSize`. */
export const quotaFlag = Flags.string({
  description: 'how much each member may send in a day without being asked for (default 200GB)',
  helpValue: 'SIZE',
});

/** `--server` of what a member asks its Auto CA. */
export const serverFlag = Flags.string({
  description: "the Auto CA's port for members (default where the identity came from)",
  helpValue: 'HOST[:PORT]',
});

/** `--require-fresh-crl`, of every command that meets members. */
export const requireFreshCrlFlag = Flags.boolean({
  description: 'refuse everybody unless the revocation list is fresh',
});

/** `--require-pq`, of every command that meets members. */
export const requirePqFlag = Flags.boolean({
  description: 'refuse everybody without post-quantum key agreement (X25519MLKEM768)',
});

/** `--json` of commands that run until they are stopped: one line for each event, instead of one object at the end. */
export const jsonLinesFlag = Flags.boolean({ description: 'write events as JSON lines' });

/** `--yes`, of what cannot be taken back. */
export const yesFlag = Flags.boolean({ description: 'do not ask' });

/** `--explain`: answered by `BaseCommand.explained`. */
export const explainFlag = Flags.boolean({ description: 'print the equal openssl commands, and do nothing' });

/** What a CA may certify: read by `readConstraintFlags`. */
export const constraintFlags = {
  'permit-dns': Flags.string({
    ...repeatable,
    description: 'DNS names below this one only (repeatable)',
    helpValue: 'NAME',
  }),
  'permit-ip': Flags.string({
    ...repeatable,
    description: 'IP addresses in this range only (repeatable)',
    helpValue: 'RANGE',
  }),
  'exclude-dns': Flags.string({
    ...repeatable,
    description: 'no DNS names below this one (repeatable)',
    helpValue: 'NAME',
  }),
  'exclude-ip': Flags.string({
    ...repeatable,
    description: 'no IP addresses in this range (repeatable)',
    helpValue: 'RANGE',
  }),
};

/** `--profile`: read by `loadProfile`. */
export const profileFlag = Flags.string({
  description:
    "what the certificate is for: peer, server, client, ocsp, or one of your own in the home's templates folder",
  default: 'peer',
  helpValue: 'NAME',
});

const portRange = { min: 0, max: 65_535, helpValue: 'PORT' } as const;

/** `--host`, of the Auto CA. */
export const hostFlag = Flags.string({
  description: 'listen on this address only (default all)',
  helpValue: 'ADDRESS',
});

/** `--port`, of the Auto CA. */
export const portFlag = Flags.integer({
  description: 'TCP port; 0 takes any free one',
  default: 17_592,
  ...portRange,
});

/** `--tls-port`, of the Auto CA. */
export const tlsPortFlag = Flags.integer({
  description: 'TCP port for members, with TLS (default 17593, or any free one with --port 0)',
  ...portRange,
});

/** `--announce`, of the Auto CA. */
export const announceFlag = Flags.boolean({
  description: 'let guests on the local network find it by mDNS; names nobody',
});

/** `--metrics-port`, of the Auto CA. */
export const metricsPortFlag = Flags.integer({
  description: 'TCP port for metrics, for programs on this machine alone; 0 takes any free one (default none)',
  ...portRange,
});
