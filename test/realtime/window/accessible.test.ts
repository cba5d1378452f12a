/** The chat window for everybody: axe finds no serious fault, in light and dark, wide and narrow. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describeWindow } from '../../helpers/describe-window.js';
import { contact, message } from '../../helpers/fake-bridge.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** The serious and critical faults that there are. */
async function faultsOf(page: Page): Promise<string[]> {
  const violations = (await page.evaluate(
    'axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations)',
  )) as Violation[];
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
    );
}

const file = { member: 'bob', id: 'f1', direction: 'in', name: 'film.mp4', sizeBytes: 184_000_000 } as const;
const call = { member: 'bob', id: 'c1', direction: 'in' } as const;

describeWindow('the window is usable for everybody', (open) => {
  it.each([
    ['light', 1400],
    ['dark', 1400],
    ['light', 360],
    ['dark', 360],
  ] as const)('%s, %i px wide', async (theme, width) => {
    const world = {
      contacts: [contact('bob', { unread: 2 }), contact('carol', { isHere: false, standing: 'changed' as const })],
      history: {
        bob: [
          message('1', 'see https://example.org', { reactions: [{ from: 'alice', emoji: '👍' }] }),
          message('2', 'an answer', { direction: 'out', replyTo: '1', editedAt: '2026-11-29T20:00:00.000Z' }),
          message('3', null),
          message('4', null, { call: { reason: 'no-answer', durationMs: 0, missed: true } }),
          message('5', 'waits', { direction: 'out', state: 'queued' }),
        ],
      },
      whois: { bob: { otherKeys: [{ spkiSha256: 'ab'.repeat(32), seenAt: '2026-11-29T20:00:00.000Z' }] } },
    };
    const { page, bridge } = await open({ theme, width, world });
    // Debugging tools may evaluate what a page may not; axe itself asks for nothing.
    await page.evaluate(axe);
    expect(await faultsOf(page)).toEqual([]);

    await page.getByRole('link', { name: /bob/ }).click();
    await page.getByText('waits').first().waitFor();
    bridge.emit({ event: 'fileOffered', ...file });
    bridge.emit({ event: 'fileStarted', ...file, id: 'f2', name: 'other.zip', doneBytes: 5_000_000 });
    bridge.emit({ event: 'typing', member: 'bob' });
    bridge.emit({ event: 'notice', text: 'something to know' });
    bridge.emit({ event: 'question', id: 'q1', text: 'Is it the one you mean?' });
    bridge.emit({ event: 'callRinging', ...call });
    await page.getByText('bob is calling').waitFor();
    await page.getByText('an answer').last().hover();
    expect(await faultsOf(page)).toEqual([]);

    bridge.emit({ event: 'callConnected', ...call, resumed: false });
    bridge.emit({
      event: 'callStats',
      ...call,
      lossPercent: 9,
      concealedPercent: 9,
      roundTripMs: 700,
      jitterMs: 9,
      kbps: 20,
    });
    await page.getByRole('button', { name: 'Microphone and speaker' }).click();
    await page.getByRole('button', { name: 'Who is bob?' }).last().click();
    await page.getByText('Is it really them?').waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Block…' }).click();
    await page.getByRole('dialog').waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page
      .getByRole('button', { name: 'Search this conversation' })
      .click({ force: true })
      .catch(() => {});
    await bridge.drop();
    await page.getByText('is lost').waitFor();
    expect(await faultsOf(page)).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('at the first start, %s', async (theme) => {
    const { page } = await open({ theme, world: { self: null, contacts: [] } });
    await page.evaluate(axe);
    expect(await faultsOf(page)).toEqual([]);
  });
});
