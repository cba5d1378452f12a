/**
 * What a browser shows at a link. One page for every id there could be: it neither asks the ledger nor names
 * anybody, so it tells nobody whether a link is, or was, good. No script, nothing loaded, nothing typed in.
 */
import { makePage } from './page.js';

/** The page with the button that downloads the file. */
export const linkPage = makePage(
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
<p>Where QTChat is installed you need no link: ask your host for an invite, and run <code>qtchat enroll</code>.</p>`,
  { hasForm: true },
);

/** The one page for whoever gets no file, whatever the reason. */
export const refusedPage = makePage(
  'No file here',
  `<p>This link is spent, expired or unknown, or something went wrong on the way. Ask your host for a new one.</p>`,
);
