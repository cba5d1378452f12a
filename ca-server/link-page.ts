/**
 * What a browser shows at a link. One page for every id there could be: it neither asks the ledger nor names
 * anybody, so it tells nobody whether a link is, or was, good. No script, nothing loaded, nothing typed in.
 */
import { createHash } from 'node:crypto';

const style = `body{font:1rem/1.5 system-ui,sans-serif;max-width:38rem;margin:2rem auto;padding:0 1rem;color:#1c2430;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.05rem;margin-bottom:.2rem}p,ul{margin-top:.3rem}
button{font:inherit;padding:.7rem 1.4rem;border:0;border-radius:.5rem;background:#14532d;color:#fff}
button:focus-visible{outline:3px solid #7dd3a8}.care{border-left:4px solid #b45309;padding-left:.8rem}
@media(prefers-color-scheme:dark){body{color:#e5e9f0;background:#12161d}button{background:#2f855a}}`;

/** Headers of every page: nothing may run, be loaded, be framed or be kept. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; '),
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/** The page with the button that downloads the file. */
export const linkPage = page(
  'Your identity',
  `<p>Somebody invited you to a private circle. Behind the button is your identity: a certificate and its key in one
file, locked with a password that you got on another way.</p>
<form method="post"><button>Download</button></form>
<p class="care">The password belongs into the window in which your system imports the file, and nowhere else: no page
ever needs it. If the file opens without a password, or with a wrong one, throw it away and tell your host.</p>
<h2>Windows</h2><p>Open the file, choose <em>Current User</em>, type the password, let Windows choose the store.</p>
<h2>macOS</h2><p>Open the file: Keychain Access asks for the password. Put it into the keychain <em>login</em>.</p>
<h2>iPhone and iPad</h2><p>Open the file, then Settings, <em>Profile Downloaded</em>, Install. Where the right password is
refused, ask your host for a link made with --legacy.</p>
<h2>Android</h2><p>Settings, Security, Encryption and credentials, Install a certificate, <em>VPN and app user
certificate</em>.</p>
<h2>Firefox</h2><p>Settings, Privacy and Security, View Certificates, <em>Your Certificates</em>, Import.</p>
<p>On a computer with Node.js you need no link: ask your host for an invite, and run <code>npx qtchat enroll</code>.</p>`,
);

/** The one page for whoever gets no file, whatever the reason. */
export const refusedPage = page(
  'No file here',
  `<p>This link is spent, expired or unknown, or something went wrong on the way. Ask your host for a new one.</p>`,
);

function page(title: string, content: string): Buffer {
  return Buffer.from(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${title}</title><style>${style}</style></head><body><h1>${title}</h1>
${content}
</body></html>
`);
}
