/** Who is who in the chat window, and calls. */
import { expect, it } from '@jest/globals';
import { describeWindow } from '../../helpers/describe-window.js';
import { contact } from '../../helpers/fake-bridge.js';

const call = { member: 'bob', id: 'c1', direction: 'in' } as const;

describeWindow('people in the window', (open) => {
  it('are shown with certificate, circle and keys to compare', async () => {
    const certificate = {
      ...{ subject: 'bob', issuer: 'Harbour circle', serialNumber: '5c1f' },
      ...{ notBefore: '2026-10-01T08:00:00.000Z', notAfter: '2027-10-01T08:00:00.000Z' },
    };
    const whois = { bob: { certificate, security: 'TLSv1.3', postQuantum: true } };
    const { page } = await open({ hash: '#bob', world: { whois } });
    await page.getByRole('button', { name: 'Who is bob?' }).click();
    const panel = page.getByRole('region', { name: 'Who is bob?' });
    await panel.getByText('of bob, issued by Harbour circle').waitFor();
    await panel.getByText('1 October 2026 to 1 October 2027').waitFor();
    await panel.getByText('TLSv1.3, post-quantum').waitFor();
    await panel.getByText('mfrggzdfmztwq2lknnwg23tpoa').waitFor();
    // As the terminal of the other side shows them: in the order of the names.
    expect(await panel.locator('.key').allTextContents()).toEqual([
      '3f9a 2c41 d05b e778 8190 aa13 c2d4 e5f6',
      'b07f 5e11 c2d3 4a96 88f0 e1d2 c3b4 a596',
    ]);
  });

  it('are renamed, trusted, blocked and forgotten, the last three after a question', async () => {
    const otherKeys = [{ spkiSha256: 'ab'.repeat(32), seenAt: '2026-11-29T20:00:00.000Z' }];
    const { page, bridge } = await open({ hash: '#bob', world: { whois: { bob: { otherKeys } } } });
    await page.getByRole('button', { name: 'Who is bob?' }).click();
    await page.getByRole('textbox', { name: 'What you call them' }).fill('Bobby');
    bridge.answer('rename', () => {
      bridge.world.contacts = [contact('bob', { name: 'Bobby' })];
      return {};
    });
    await page.getByRole('button', { name: 'Keep', exact: true }).click();
    await page.getByRole('heading', { name: 'Bobby' }).waitFor();

    await page.getByText('Somebody came as bob with another key').waitFor();
    await page.getByRole('button', { name: 'Trust it…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Trust it…' }).click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /trust it/ })
      .click();
    expect(await bridge.command('trust')).toMatchObject({ member: 'bob', key: 'ab'.repeat(32) });
    expect(bridge.commands.filter(({ command }) => command === 'trust')).toHaveLength(1);

    bridge.answer('block', () => {
      bridge.world.contacts = [contact('bob', { name: 'Bobby', standing: 'blocked' })];
      return {};
    });
    await page.getByRole('button', { name: 'Block…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Block' }).click();
    await page.getByText('You have blocked Bobby').waitFor();
    await page.getByRole('button', { name: 'Unblock' }).click();
    await bridge.command('unblock');

    await page.getByRole('button', { name: 'Forget…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Forget' }).click();
    await bridge.command('forget');
  });

  it('that are not known for sure are asked about', async () => {
    const { page, bridge } = await open();
    bridge.emit({
      event: 'question',
      id: 'q1',
      text: '192.168.1.7 answers as bob of your circle. Is it the one you mean?',
    });
    const question = page.getByRole('alert').filter({ hasText: 'Is it the one you mean?' });
    await question.getByRole('button', { name: 'Yes' }).click();
    expect(await bridge.command('confirm')).toMatchObject({ id: 'q1', isYes: true });
    bridge.emit({ event: 'question', id: 'q1', text: null });
    await question.waitFor({ state: 'detached' });
  });

  it('call, are answered, muted and hung up on', async () => {
    const { page, bridge } = await open({ hash: '#bob' });
    bridge.emit({ event: 'callRinging', ...call });
    await page.getByRole('alert').getByText('bob is calling').waitFor();
    expect(await page.title()).toContain('☎');
    await page.getByRole('button', { name: 'Answer bob' }).click();
    await bridge.command('answer');
    bridge.emit({ event: 'callConnected', ...call, resumed: false });
    bridge.emit({
      event: 'callStats',
      ...call,
      lossPercent: 0,
      concealedPercent: 0,
      roundTripMs: 23,
      jitterMs: 1,
      kbps: 57,
    });
    await page.getByText('good').waitFor();
    await page.getByRole('timer').waitFor();
    await page.getByRole('button', { name: 'Mute' }).click();
    expect(await bridge.command('mute')).toMatchObject({ isOn: true });
    await page.getByRole('button', { name: 'You are muted: speak again' }).click();
    expect(await bridge.command('mute', ({ isOn }) => isOn === false)).toBeDefined();
    bridge.emit({ event: 'callPeerDevices', ...call, input: false, output: true });
    await page.getByText('bob has no microphone').waitFor();
    bridge.emit({ event: 'callReconnecting', ...call });
    await page.getByText('reconnecting…').waitFor();
    await page.getByRole('button', { name: 'Hang up' }).click();
    await bridge.command('hangup');
    bridge.emit({
      event: 'callEnded',
      ...call,
      reason: 'hung-up',
      by: 'self',
      durationMs: 65_000,
      missed: false,
      error: null,
    });
    await page.getByText('The call is over', { exact: true }).waitFor();
    await page.locator('.scroller').getByText('Call from them, 1:05').waitFor();
    await page.locator('section.call').getByRole('button', { name: 'Close' }).click();
    await page.locator('section.call').waitFor({ state: 'detached' });
  });

  it.each([
    [{}, true],
    [{ ring: 'off' }, false],
  ] as const)('are heard to call, with the settings %j: %s', async (settings, isHeard) => {
    const { page, bridge } = await open({ hash: '#bob', world: { settings } });
    await page.evaluate(`(() => {
      window.tones = 0;
      const { start } = OscillatorNode.prototype;
      OscillatorNode.prototype.start = function (...when) { tones += 1; return start.apply(this, when); };
    })()`);
    bridge.emit({ event: 'callRinging', ...call });
    await page.getByText('bob is calling').waitFor();
    expect((await page.evaluate<number>('tones')) > 0).toBe(isHeard);
  });

  it('are called while they are here, and only then', async () => {
    const { page, bridge } = await open({
      hash: '#bob',
      world: { contacts: [contact('bob'), contact('carol', { isHere: false })] },
    });
    bridge.answer('call', () => ({ member: 'bob', id: 'c2' }));
    await page.getByRole('button', { name: 'Call bob' }).click();
    await page.getByText('Calling…').waitFor();
    bridge.emit({ event: 'callRinging', member: 'bob', id: 'c2', direction: 'out' });
    await page.getByText('It rings there…').waitFor();
    const end = { reason: 'no-answer', by: 'self', durationMs: 0, missed: false, error: null } as const;
    bridge.emit({ event: 'callEnded', member: 'bob', id: 'c2', direction: 'out', ...end });
    await page.getByText('The call is over: no answer').waitFor();
    await page.getByRole('link', { name: /carol/ }).click();
    expect(await page.getByRole('button', { name: /carol is not here/ }).isDisabled()).toBe(true);
  });
});
