// Members of a circle in homes of their own, and conversations between them, for benchmarks of what peers do.
import { createPublicKey, randomBytes, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { load } from './bundle.mjs';

/** What of the source is needed here. */
export const modules = [
  'src/conversation/conversation',
  'src/pki/circle',
  'src/pki/issue',
  'src/pki/issuer',
  'src/pki/key-type',
  'src/pki/plan',
  'src/pki/subject-alt-name',
  'src/store/home',
  'src/store/identities',
  'src/store/profiles',
];

/** Makes a circle, and for each name a home `folder`/name that speaks as it; all of them at that address. */
export async function makeMembers(bundle, folder, names, address = '127.0.0.1') {
  const all = await load(bundle);
  const deps = { clock: () => new Date(), random: randomBytes };
  const key = await all.generateKey('p256');
  const root = await all.issueRoot(all.buildRootPlan({ name: 'Bench', key, validityDays: 3650 }, deps), key);
  const issuer = all.createIssuer(key, [root]);
  const profile = await all.loadProfile();
  for (const member of names) {
    const privateKey = await all.generateKey('p256');
    const request = {
      member,
      names: [all.parseIpAddress(address)],
      publicKey: createPublicKey(privateKey),
      validityDays: 30,
    };
    const plan = all.buildCertificatePlan(request, profile, issuer, deps);
    const chain = [new X509Certificate(await all.issueDer(plan, issuer))];
    const identity = { member, circleId: all.circleIdOf(root), privateKey, chain, trustAnchor: root };
    const home = { folder: join(folder, member) };
    await all.saveIdentity(home, { ...identity, keyOrigin: 'local' }, { replace: false });
    await all.speakAs(home, member);
  }
}

/** The conversation of a member as `chat` opens it, on loopback; `onEvent` hears all of it. */
export async function converse(all, home, options) {
  return all.openConversation({
    home,
    identity: await all.loadIdentity(home),
    clock: () => new Date(),
    random: randomBytes,
    signal: new AbortController().signal,
    capabilities: ['text', 'files'],
    downloads: join(home.folder, 'downloads'),
    decideOffer: () => 'accept',
    ...options,
  });
}
