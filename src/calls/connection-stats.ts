/** What the statistics of a peer connection say: how the sound is, and whose certificate protects it. Pure. */
import type { MediaStats } from './media.js';

/** One entry of the statistics; which fields there are depends on its type. */
export type StatsEntry = Readonly<Record<string, unknown>> & { readonly type: string };

/** All entries of one moment, by their ids. */
export type StatsSnapshot = ReadonlyMap<string, StatsEntry>;

/**
 * How the sound was between two moments.
 *
 * @param elapsedMs - the time between them
 */
export function compareStats(before: StatsSnapshot, now: StatsSnapshot, elapsedMs: number): MediaStats {
  const grown = (type: string, field: string): number =>
    Math.max(0, numberOf(entryOf(now, type), field) - numberOf(entryOf(before, type), field));
  const received = grown('inbound-rtp', 'packetsReceived');
  const lost = grown('inbound-rtp', 'packetsLost');
  const concealed = grown('inbound-rtp', 'concealedSamples') - grown('inbound-rtp', 'silentConcealedSamples');
  return {
    lossPercent: shareOf(lost, lost + received),
    concealedPercent: shareOf(Math.max(0, concealed), grown('inbound-rtp', 'totalSamplesReceived')),
    roundTripMs: 1000 * numberOf(selectedPair(now), 'currentRoundTripTime'),
    jitterMs: 1000 * numberOf(entryOf(now, 'inbound-rtp'), 'jitter'),
    kbps: (8 * grown('transport', 'bytesReceived')) / elapsedMs,
  };
}

/** SHA-256 of the peer's DTLS certificate in use, as SDP writes it; undefined until there is one. */
export function remoteFingerprint(stats: StatsSnapshot): string | undefined {
  const transport = entryOf(stats, 'transport');
  const certificate = stats.get(String(transport?.remoteCertificateId));
  const fingerprint = certificate?.fingerprint;
  return certificate?.fingerprintAlgorithm === 'sha-256' && typeof fingerprint === 'string' ? fingerprint : undefined;
}

/** The peer's certificate is not the one that its description named, or it speaks no DTLS that we accept. */
export function hasDtlsFailed(stats: StatsSnapshot): boolean {
  return entryOf(stats, 'transport')?.dtlsState === 'failed';
}

function selectedPair(stats: StatsSnapshot): StatsEntry | undefined {
  return stats.get(String(entryOf(stats, 'transport')?.selectedCandidatePairId));
}

function entryOf(stats: StatsSnapshot, type: string): StatsEntry | undefined {
  for (const entry of stats.values()) if (entry.type === type) return entry;
  return undefined;
}

function numberOf(entry: StatsEntry | undefined, field: string): number {
  const value = entry?.[field];
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

function shareOf(part: number, whole: number): number {
  return whole === 0 ? 0 : (100 * part) / whole;
}
