/** Blocks of PEM (RFC 7468) by their labels, whatever is in them. */

/** DER as one block, in lines of 64 characters, with a newline at the end. */
export function encodePem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

/** The DER of every block with one of the labels, in the file's order; text around them is passed over. */
export function decodePem(file: Buffer, labels: readonly string[]): Buffer[] {
  const text = file.toString('latin1');
  const block = new RegExp(`-----BEGIN (${labels.join('|')})-----([A-Za-z0-9+/=\\s]+)-----END \\1-----`, 'g');
  return [...text.matchAll(block)].map(([, , base64 = '']) => Buffer.from(base64, 'base64'));
}
