/** What `host` would do in a home, as the commands that do it one by one. */
import { reachableAddresses } from '../../enroll/addresses.js';
import type { Home } from '../../store/home.js';
import { gatherStatus } from '../status.js';

/** The commands, in order; those whose work is done are left out. */
export async function missingSteps(
  home: Home,
  name: string | undefined,
  deps: { clock: () => Date },
): Promise<string[]> {
  const { ca, identity, running } = await gatherStatus(home, deps);
  const needsIdentity = identity === null || identity.expired;
  return [
    ...(ca === null ? ['qtchat ca init'] : []),
    ...(needsIdentity ? [`qtchat cert issue --ip ${reachableAddresses(undefined)[0]}`] : []),
    ...(running.some(({ service }) => service === 'autoca') ? [] : ['qtchat autoca serve']),
    `qtchat autoca invite ${name ?? 'NAME'}`,
    'qtchat chat',
  ];
}
