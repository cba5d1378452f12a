/** The title: what matters most is seen on narrow screens too. */
import { expect, it } from '@jest/globals';
import { rowText } from '../../../../src/ui/terminal/layout/spans.js';
import { titleRow } from '../../../../src/ui/terminal/screen/title.js';
import { ChatState } from '../../../../src/ui/terminal/state/chat-state.js';

it('names circle, address and post-quantum key agreement at 80 columns', () => {
  const state = new ChatState(() => new Date(0));
  const talk = state.talkWith('bob');
  state.show(talk);
  talk.peer = {
    member: 'bob',
    circleId: 'faekjvf6qljfri5otxuh4vbpxe',
    address: { host: '192.168.100.101', port: 17_590 },
    security: 'TLSv1.3, X25519MLKEM768, TLS_AES_256_GCM_SHA384',
    keyAgreement: { group: 'X25519MLKEM768', postQuantum: true },
    keyOrigin: 'local',
    spkiSha256: 'ab'.repeat(32),
  };
  const title = rowText(titleRow(state, 80), false);
  for (const fact of ['faekjvf6', 'post-quantum', '192.168.100.101', 'TLSv1.3']) expect(title).toContain(fact);
});
