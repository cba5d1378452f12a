/** Voicemail that is recorded in the chat window, with the browser's own microphone for tests. */
import { expect, it } from '@jest/globals';
import { describeWindow } from '../../helpers/describe-window.js';
import { type FakeUpload, message } from '../../helpers/fake-bridge.js';

const isVoicemail = ({ url }: FakeUpload): boolean => /&name=voicemail-[\d-]{15}\.(opus|weba)$/.test(url);

describeWindow('voicemail in the window', (open) => {
  it('is recorded and sent as a file of sound', async () => {
    const { page, bridge } = await open({ hash: '#bob' });
    await page.getByRole('button', { name: 'Record a voice message' }).click();
    await page.getByText('of 2:00').waitFor();
    await page.getByText('0:01').waitFor();
    await page.getByRole('button', { name: 'Send the voice message' }).click();
    const sent = await bridge.until(() => bridge.uploads.find(isVoicemail));
    expect(sent).toMatchObject({ method: 'PUT', url: expect.stringMatching(/^files\?member=bob&/) });
    // Ogg, or WebM where the browser writes no Ogg.
    expect(['4f676753', '1a45dfa3']).toContain(sent.body.subarray(0, 4).toString('hex'));
    expect(sent.body.includes('OpusHead')).toBe(true);
    await page.getByRole('textbox', { name: 'Message to bob' }).waitFor();
  });

  it('is dropped without a trace', async () => {
    const { page, bridge } = await open({ hash: '#bob' });
    await page.getByRole('button', { name: 'Record a voice message' }).click();
    await page.getByRole('button', { name: 'Drop the voice message' }).click();
    await page.getByRole('textbox', { name: 'Message to bob' }).fill('said in writing');
    await page.keyboard.press('Enter');
    await bridge.command('send');
    expect(bridge.uploads).toEqual([]);
  });

  it('is offered where nobody has answered', async () => {
    const { page, bridge } = await open({ hash: '#carol' });
    const call = { member: 'bob', id: 'c2', direction: 'out' } as const;
    bridge.emit({ event: 'callRinging', ...call });
    await page.getByText('It rings there…').waitFor();
    const end = { reason: 'no-answer', by: 'self', durationMs: 0, missed: false, error: null } as const;
    bridge.emit({ event: 'callEnded', ...call, ...end });
    await page.getByRole('button', { name: 'Leave bob a voice message' }).click();
    await page.getByRole('region', { name: 'Voice message' }).waitFor();
    await page.getByRole('button', { name: 'Send the voice message' }).click();
    expect((await bridge.until(() => bridge.uploads.find(isVoicemail))).url).toContain('member=bob');
  });

  it('needs a microphone, and says so', async () => {
    const { page } = await open({ hash: '#bob' });
    await page.evaluate(
      "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'))",
    );
    await page.getByRole('button', { name: 'Record a voice message' }).click();
    await page.getByText('The browser does not let this page use the microphone').waitFor();
    await page.getByRole('textbox', { name: 'Message to bob' }).waitFor();
  });

  it('is played as sound, though WebM could be a film', async () => {
    const file = { name: 'voicemail-2026-11-29-1905.weba', sizeBytes: 900, isFolder: false, path: '/x' };
    const { page } = await open({
      hash: '#bob',
      world: {
        history: { bob: [message('s1', null, { file })] },
        media: { s1: { kind: 'video', type: 'video/webm', content: Buffer.alloc(0) } },
      },
    });
    await page.locator('.file', { hasText: 'Voice message' }).locator('audio').waitFor();
  });
});
