/** A member's certificate that was issued and stored. */
import { X509Certificate } from 'node:crypto';

/** A certificate just issued. */
export class IssuedMember {
  readonly member: string;
  /** Upper-case hex. */
  readonly serialNumber: string;
  readonly der: Buffer;
  /** Why the certificate ends earlier than asked, if it does. */
  readonly validityCut: string | undefined;
  #certificate: X509Certificate | undefined;

  constructor(issued: { member: string; serialNumber: string; validityCut?: string }, der: Buffer) {
    this.member = issued.member;
    this.serialNumber = issued.serialNumber;
    this.validityCut = issued.validityCut;
    this.der = der;
  }

  /** The certificate as OpenSSL reads it, which takes it longer than to sign: not before it is asked for. */
  get certificate(): X509Certificate {
    this.#certificate ??= new X509Certificate(this.der);
    return this.#certificate;
  }
}
