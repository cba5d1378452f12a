import { describe, expect, it } from '@jest/globals';
import { explainFailure } from '../../../src/transport/tls-failure.js';

const withCode = (code: string): Error => Object.assign(new Error(), { code });

describe('an alert', () => {
  it.each([
    ['CERTIFICATE_EXPIRED', /our certificate has expired/],
    ['BAD_CERTIFICATE', /does not accept our certificate/],
    ['UNSUPPORTED_CERTIFICATE', /usages of our certificate/],
    ['HANDSHAKE_FAILURE', /no key agreement in common.*--require-pq.*X25519MLKEM768/],
  ])('%s means the same under its old name and its new one', (alert, meaning) => {
    for (const prefix of ['ERR_SSL_SSLV3_ALERT_', 'ERR_SSL_SSL/TLS_ALERT_']) {
      const failure = explainFailure(withCode(`${prefix}${alert}`));
      expect(failure).toMatchObject({ code: 'ERR_PEER_REFUSED', message: expect.stringMatching(meaning) });
    }
  });

  it('that nobody foresaw is named', () => {
    expect(explainFailure(withCode('ERR_SSL_SSL/TLS_ALERT_X'))).toMatchObject({
      code: 'ERR_PEER_UNREACHABLE',
      message: expect.stringContaining('X'),
    });
  });
});
