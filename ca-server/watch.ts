/**
 * What an Auto CA has seen since it started: counters for `/metrics`, and the last refusals for the dashboard.
 * Bounded: labels are of fixed sets, and old refusals make room. No metric names a member or an address.
 */
import type { NextFunction, Request, Response } from 'express';
import { Counter, Gauge, Registry } from 'prom-client';
import type { Ledger } from '../src/ledger/open.js';
import { overviewOf } from '../src/ledger/overview.js';
import type { AutoCaEvent } from './event.js';

/** Somebody who did not get what it asked for. */
export interface Refusal {
  readonly at: Date;
  readonly address: string;
  readonly reason: string;
}

const refusalsKept = 100;
/** A reason can quote what a stranger sent. */
const reasonLimit = 300;

/** Counts and remembers. */
export class Watch {
  readonly #ledger: Ledger;
  readonly #clock: () => Date;
  readonly #refusals: Refusal[] = [];
  readonly #registry = new Registry();
  readonly #events: Counter<'event'>;
  readonly #answers: Counter<'port' | 'status'>;
  readonly #gauges = new Map<string, Gauge>();

  constructor({ ledger, deps }: { readonly ledger: Ledger; readonly deps: { readonly clock: () => Date } }) {
    this.#ledger = ledger;
    this.#clock = deps.clock;
    const registers = [this.#registry];
    const events = { name: 'qtchat_autoca_events_total', help: 'What happened, by kind', registers };
    this.#events = new Counter({ ...events, labelNames: ['event'] });
    const answers = { name: 'qtchat_autoca_answers_total', help: 'HTTP answers, by port and status', registers };
    this.#answers = new Counter({ ...answers, labelNames: ['port', 'status'] });
    this.#set('process_start_time_seconds', 'When the server started', Math.floor(deps.clock().getTime() / 1000));
  }

  /** The last refusals, newest first. */
  get refusals(): readonly Refusal[] {
    return this.#refusals.toReversed();
  }

  /** Takes note of an event. */
  note(event: AutoCaEvent): void {
    this.#events.inc({ event: event.event });
    if (event.event !== 'refused') return;
    const { address, reason } = event;
    this.#refusals.push({ at: this.#clock(), address, reason: reason.slice(0, reasonLimit) });
    if (this.#refusals.length > refusalsKept) this.#refusals.shift();
  }

  /** Counts every answer on a port. */
  counting(port: 'guests' | 'members') {
    return (_request: Request, response: Response, next: NextFunction): void => {
      response.once('finish', () => this.#answers.inc({ port, status: response.statusCode }));
      next();
    };
  }

  /** Everything in Prometheus' text format, and that format's media type. */
  async metrics(): Promise<{ readonly contentType: string; readonly text: string }> {
    const now = await overviewOf(this.#ledger, this.#clock());
    const set = (name: string, help: string, value: number) => this.#set(`qtchat_autoca_${name}`, help, value);
    set('members', 'Members with a valid certificate', now.members);
    set('certificates_valid', 'Valid certificates of members', now.validCertificates);
    set('certificates_ending_soon', 'Those of them that end within 7 days', now.certificatesEndingSoon);
    set('certificates_revoked', 'Revoked certificates of members', now.revokedCertificates);
    set('invites_open', 'Invites that serve now', now.openInvites);
    set('requests_waiting', "Guests that wait for the host's approval", now.waitingRequests);
    set('renewals_held', "Renewals that wait for the host's word", now.heldRenewals);
    if (now.crl !== undefined) {
      set('crl_number', 'Number of the newest revocation list', now.crl.number);
      set('crl_next_update_seconds', 'When that list ends', Math.floor(now.crl.nextUpdate.getTime() / 1000));
    }
    const memory = 'Memory of the server, without the process that has the CA key';
    this.#set('process_resident_memory_bytes', memory, process.memoryUsage.rss());
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  #set(name: string, help: string, value: number): void {
    const gauge = this.#gauges.get(name) ?? new Gauge({ name, help, registers: [this.#registry] });
    this.#gauges.set(name, gauge);
    gauge.set(value);
  }
}
