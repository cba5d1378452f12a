/**
 * Who may speak with the window's server: a browser that was led there by a link of this run, and its pages of this very
 * server alone. Pure but for its secrets, of which it keeps digests where it only compares.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

const secretBytes = 32;
const labelBytes = 16;

/** The secrets of one server, and what they admit. */
export class Access {
  /** `127.0.0.1:PORT`, as a browser names us that was not led here by another name. */
  readonly host: string;
  readonly origin: string;
  /**
   * Everything but the entrance is below this path. Cookies know no ports: a server of another user at another port of
   * this computer would be given ours by the browser, if it were not for this path, which nobody can guess.
   */
  readonly base: string;
  readonly #random: (size: number) => Buffer;
  readonly #cookieName: string;
  readonly #session: string;
  /** Of the secret in the newest link, until it is used. */
  #link: Buffer | undefined;

  constructor(port: number, random: (size: number) => Buffer) {
    this.host = `127.0.0.1:${port}`;
    this.origin = `http://${this.host}`;
    this.base = `/${random(labelBytes).toString('base64url')}/`;
    this.#random = random;
    this.#cookieName = `qtchat-${port}`;
    this.#session = random(secretBytes).toString('base64url');
  }

  /** A link that lets one browser in, once; the one before is void. */
  newLink(): string {
    const token = this.#random(secretBytes).toString('base64url');
    this.#link = digestOf(token);
    return `${this.origin}/?token=${token}`;
  }

  /**
   * Uses a link up.
   *
   * @returns the cookie that lets the browser in from now on; undefined where the token is not that of the link
   */
  enter(token: string): string | undefined {
    if (this.#link === undefined || !timingSafeEqual(this.#link, digestOf(token))) return undefined;
    this.#link = undefined;
    return `${this.#cookieName}=${this.#session}; HttpOnly; SameSite=Strict; Path=${this.base}`;
  }

  /** Whether a request names us as we are: of a page that has its own name lead here it says that name (DNS rebinding). */
  isForUs({ host }: IncomingHttpHeaders): boolean {
    return host === this.host;
  }

  /** Whether a request comes from a page of ours. What changes something must. */
  isFromUs({ origin }: IncomingHttpHeaders): boolean {
    return origin === this.origin;
  }

  /** Whether a request comes from a browser that was let in. */
  isKnown({ cookie = '' }: IncomingHttpHeaders): boolean {
    const prefix = `${this.#cookieName}=`;
    const session = digestOf(this.#session);
    // Others on this computer can set cookies of the same name beside ours; that must not lock us out.
    return cookie
      .split(';')
      .map((pair) => pair.trim())
      .some((pair) => pair.startsWith(prefix) && timingSafeEqual(session, digestOf(pair.slice(prefix.length))));
  }
}

// Equal lengths, and no knowledge of what is compared: where they differ says nothing of the secret.
function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
