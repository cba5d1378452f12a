/** Finds who has a key. */

/** An index. */
export function certificateKeys(): string[] {
  return ['create index certificate_by_key on certificate (spki_sha256)'];
}
