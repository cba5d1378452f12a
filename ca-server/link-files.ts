/**
 * The files behind links. The first request makes key and certificate, and locks them into a `.pfx` that is
 * stored; every further one gets the same file, as often as the ledger allows. The private key is in memory until
 * the file is made, and the password, which follows from the id that the guest sent, not much longer.
 */
import { linkDigest, linkDownloads, linkPassword } from '../src/enroll/link.js';
import { reserveInvite } from '../src/ledger/answer-invite.js';
import {
  type Download,
  findOpenLink,
  type OpenLink,
  removeEndedFiles,
  storeLinkFile,
  takeDownload,
} from '../src/ledger/links.js';
import { humanPasswordIterations } from '../src/pki/pfx.js';
import type { AutoCa } from './auto-ca.js';
import { asRefusal, refusal } from './refusal.js';

/** Makes and hands out the files of one server's links. */
export class LinkFiles {
  readonly #autoCa: AutoCa;
  /** What is being made, by the digest of its id: a phone that asks twice at once gets one certificate. */
  readonly #making = new Map<string, Promise<void>>();

  constructor(autoCa: AutoCa) {
    this.#autoCa = autoCa;
  }

  /**
   * The file behind a link; counted as a download.
   *
   * @throws {QTChatError} `ERR_ENROLL_REFUSED` for an id that is unknown, expired or spent; what issuing throws
   */
  async take(id: Buffer): Promise<Download> {
    const { ledger, deps } = this.#autoCa;
    const digest = linkDigest(id);
    const take = () => takeDownload(ledger, digest, linkDownloads, deps);
    const ready = await take();
    if (ready !== undefined) return ready;
    await this.#make(id, digest);
    const made = await take();
    if (made === undefined) throw refusal('another server is just answering it, or all its downloads are spent');
    return made;
  }

  async #make(id: Buffer, digest: string): Promise<void> {
    const underWay = this.#making.get(digest);
    if (underWay !== undefined) return underWay;
    const { ledger, deps } = this.#autoCa;
    const making = (async () => {
      const link = await findOpenLink(ledger, digest, deps.clock());
      if (link === undefined) throw refusal('the link is unknown, expired or spent');
      const label = `link ${link.invite.id}`;
      if (this.#autoCa.requireLocalKey === true) throw refusal(`${label}: guests must make their keys themselves`);
      await this.#makeFile(id, link).catch((error: unknown) => {
        throw asRefusal(error, label);
      });
    })();
    this.#making.set(digest, making);
    try {
      await making;
    } finally {
      this.#making.delete(digest);
    }
  }

  async #makeFile(id: Buffer, { invite, legacy }: OpenLink): Promise<void> {
    const { ledger, signer, profile, keys, deps } = this.#autoCa;
    const key = await keys.makeKey();
    const issued = await reserveInvite(ledger, signer, profile, invite.id, key.publicKey, deps);
    // The root stays out: who takes it from a file that came over an open line, trusts that line.
    const chain = [issued.der, ...signer.chain.slice(0, -1).map(({ raw }) => raw)];
    const file = await keys.lock(
      { key, chain },
      {
        password: linkPassword(id, invite.psk),
        friendlyName: issued.member,
        iterations: humanPasswordIterations,
        ...(legacy && { form: 'legacy' as const }),
      },
    );
    // Now and then, so that none outlives its link by long.
    await removeEndedFiles(ledger, deps);
    await storeLinkFile(ledger, { invite: invite.id, serialNumber: issued.serialNumber, file }, deps);
  }
}
