/** What every answer of the window's server tells the browser to forbid. Pure. */

/**
 * The headers.
 *
 * @param origin - ours
 * @param mediaOrigin - where pictures, sound and films of files come from
 */
export function answerHeaders(origin: string, mediaOrigin: string): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    // Some browsers do not take the WebSocket of an origin for its own.
    `connect-src 'self' ${origin.replace('http:', 'ws:')}`,
    `img-src 'self' blob: ${mediaOrigin}`,
    `media-src blob: ${mediaOrigin}`,
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    // Whatever a page might do with a string, it does not make markup of it.
    "require-trusted-types-for 'script'",
  ];
  return {
    'Content-Security-Policy': policy.join('; '),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'microphone=(self), speaker-selection=(self), camera=(), geolocation=(), display-capture=()',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
  };
}
