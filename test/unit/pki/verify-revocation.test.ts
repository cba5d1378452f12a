/** Lists given for a chain that is none; what good lists do is tried through the commands. */
import 'reflect-metadata';
import { expect, it } from '@jest/globals';
import * as x509 from '@peculiar/x509';
import { verifyPath } from '../../../src/pki/verify-path.js';
import { verifyRevocation } from '../../../src/pki/verify-revocation.js';
import { makeCircle, makeIntermediate, makeMember } from '../../helpers/certificates.js';

/** keyUsage once more: no certificate may have an extension twice (RFC 5280 §4.2). */
const twice = { extraExtensions: [new x509.Extension('2.5.29.15', false, Buffer.from('03020780', 'hex'))] };

it('judges a malformed certificate as the path does, wherever in the chain it stands', async () => {
  const root = await makeCircle();
  const good = await makeIntermediate(root);
  const bad = await makeIntermediate(root, twice);
  const below = await makeMember(good, { member: 'bob', ...twice });
  const above = await makeMember(bad, { member: 'bob' });
  for (const chain of [
    [below.certificate, good.certificate],
    [above.certificate, bad.certificate],
  ]) {
    const faults = verifyPath(chain, root.certificate, { at: new Date() });
    expect(faults).toEqual([{ code: 'malformed', message: expect.stringMatching(/twice/) }]);
    expect(verifyRevocation(chain, root.certificate, [], new Date())).toEqual(faults);
  }
});
