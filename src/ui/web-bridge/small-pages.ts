/** The two pages that are not the window: for whoever comes in by a link, and for whoever has none. No script, no style. */

/** For whoever has no cookie of ours. */
export const closedPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>qtchat</title>
<h1>This window is closed</h1>
<p>Open the link that qtchat prints; it lets one browser in, once. In the chat, /window prints a new one.
</html>
`;

/** For whoever has just come in: the browser goes on by itself. */
export function enteringPage(base: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="color-scheme" content="light dark">
<title>qtchat</title>
<p><a href="${base}">Open the window</a>
</html>
`;
}
