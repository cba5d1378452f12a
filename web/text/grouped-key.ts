/** The first half of a key's digest in groups, for comparing aloud; as the terminal shows it. */
export function groupedKey(spkiSha256: string): string {
  return spkiSha256.slice(0, 32).match(/.{4}/g)?.join(' ') ?? '';
}
