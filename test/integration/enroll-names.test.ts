/** Guests that ask for other names than the host gave them: they get their own, whichever way they came in. */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { byApproval } from '../../src/enroll/by-approval.js';
import { byCode } from '../../src/enroll/by-code.js';
import { byInvite } from '../../src/enroll/by-invite.js';
import { EnrollmentConnection } from '../../src/enroll/connection.js';
import { trips } from '../../src/enroll/http.js';
import type { WayIn } from '../../src/enroll/way-in.js';
import { formatRequest, parseAnswer } from '../../src/enroll/wire.js';
import { findCertificate, listCertificates } from '../../src/ledger/certificates.js';
import { approveRequest, listRequests } from '../../src/ledger/requests.js';
import { autoCaUri, circleIdOf, circleUri } from '../../src/pki/circle.js';
import { loadCaChain } from '../../src/store/ca.js';
import { realDeps, TestHost } from '../helpers/enrollment.js';

describe('a guest that asks for more than it was given', () => {
  let host: TestHost;
  beforeEach(async () => {
    host = await TestHost.start({ approvalPollMs: 10 });
  });
  afterEach(() => host.stop());

  const names = [{ type: 'dns' as const, value: 'bob.home' }];

  const ways: [string, () => Promise<WayIn>][] = [
    ['an invite', async () => byInvite(await host.invite({ names }))],
    ['a code', async () => byCode(await host.code({ names }), host.server)],
    ['approval', async () => byApproval(host.server, approve)],
  ];

  async function approve(words: string): Promise<void> {
    await host.event('requested');
    const [request] = await listRequests(host.ledger, realDeps.clock());
    const terms = { member: 'bob', names, validityDays: 30 };
    await approveRequest(host.ledger, request?.id ?? '', words, terms, realDeps);
  }

  /** A request that openssl makes, in DER. */
  function requestFor(subject: string, ...extensions: string[]): Buffer {
    const folder = mkdtempSync(join(tmpdir(), 'qtchat-names-'));
    try {
      const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', join(folder, 'key')];
      const more = extensions.flatMap((extension) => ['-addext', extension]);
      const out = ['-outform', 'DER', '-out', join(folder, 'csr')];
      execFileSync('openssl', ['req', '-new', ...key, '-subj', subject, ...more, ...out], { stdio: 'pipe' });
      return readFileSync(join(folder, 'csr'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  async function answerTo(way: WayIn, csr: Buffer): Promise<X509Certificate> {
    const connection = await EnrollmentConnection.open('127.0.0.1', way.port, way.terms, undefined);
    try {
      const transport = await way.openChannel(connection, realDeps);
      const sealed = transport.send.encrypt(formatRequest({ csr }));
      const answer = parseAnswer(transport.receive.decrypt(await connection.exchange(trips.request, sealed, 15_000)));
      if (!('chain' in answer) || answer.chain?.[0] === undefined) throw new Error('no certificate');
      return new X509Certificate(answer.chain[0]);
    } finally {
      connection.close();
    }
  }

  const circleIdNow = async (): Promise<string> => circleIdOf((await loadCaChain(host.home)).at(-1) as X509Certificate);

  it.each(ways)('gets what the ledger says and nothing else, by %s', async (_title, open) => {
    const csr = requestFor('/O=Admins/CN=alice', 'subjectAltName=DNS:alice.home,IP:192.168.1.100,email:a@alice.home');
    const certificate = await answerTo(await open(), csr);
    expect(certificate.subject).toBe('CN=bob');
    expect(certificate.subjectAltName?.split(', ').sort()).toEqual(
      ['DNS:bob.home', `URI:${circleUri(await circleIdNow(), 'bob')}`].sort(),
    );
    expect(await findCertificate(host.ledger, certificate.serialNumber)).toMatchObject({ member: 'bob', names });
  });

  const wishes: [string, (circleId: string) => string, RegExp][] = [
    [
      'the URI of another member',
      (circleId) => `subjectAltName=URI:${circleUri(circleId, 'alice')}`,
      /alice.*which only the ledger gives/,
    ],
    [
      'the URI of the Auto CA',
      (circleId) => `subjectAltName=URI:${autoCaUri(circleId)}`,
      /qtchat-ca:.*which only the ledger gives/,
    ],
    ['to be a CA', () => 'basicConstraints=critical,CA:TRUE', /asks to be a CA/],
  ];

  it.each(ways.flatMap(([way, open]) => wishes.map(([wish, ...more]) => [wish, way, open, ...more] as const)))(
    'gets nothing when it asks for %s, by %s',
    async (_wish, _way, open, extension, reason) => {
      const csr = requestFor('/CN=bob', extension(await circleIdNow()));
      await expect(answerTo(await open(), csr)).rejects.toMatchObject({ code: 'ERR_ENROLL_REFUSED' });
      expect(await host.event('refused')).toMatchObject({ reason: expect.stringMatching(reason) });
      expect(await listCertificates(host.ledger, { member: 'bob' })).toEqual([]);
    },
  );
});
