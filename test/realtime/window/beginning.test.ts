/** How the window begins and what it does without its program: the first start, empty states, a lost connection. */
import { expect, it } from '@jest/globals';
import { describeWindow } from '../../helpers/describe-window.js';
import { alice, contact, message } from '../../helpers/fake-bridge.js';

describeWindow('the window at its beginning', (open) => {
  it('takes an invite, tells what goes wrong with the cure, and goes on to the chat', async () => {
    const { page, bridge } = await open({ world: { self: null, contacts: [] } });
    await page.getByRole('heading', { name: 'Join a circle' }).waitFor();
    const field = page.getByRole('textbox', { name: 'Your invite' });
    bridge.answer('join', () => {
      throw Object.assign(new Error('the invite is spent, expired or unknown'), {
        code: 'ERR_INVITE',
        hint: 'Ask for a new one',
      });
    });
    await field.fill('  qtchat1-old \n');
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByRole('alert').getByText('Ask for a new one').waitFor();

    let finish = (): void => {};
    bridge.answer(
      'join',
      () =>
        new Promise((resolve) => {
          finish = () => resolve({});
        }),
    );
    await field.fill('qtchat1-good');
    await field.press('Enter');
    expect(await bridge.command('join', ({ invite }) => invite === 'qtchat1-good')).toBeDefined();
    bridge.emit({ event: 'notice', text: 'the certificate is here' });
    await page.getByText('the certificate is here').waitFor();
    finish();
    bridge.world.self = alice;
    bridge.greetAgain();
    await page.getByText('Nobody here yet').waitFor();
    await page.getByText('qtchat chat --peer alice').waitFor();
  });

  it('says what to do where nobody is known, and where nothing was said', async () => {
    const { page, bridge } = await open({ world: { contacts: [] } });
    await page.getByText('qtchat autoca invite NAME').waitFor();
    bridge.emit({ event: 'contact', ...contact('bob') });
    await page.getByRole('link', { name: /bob/ }).click();
    await page.getByText('Nothing was said yet').waitFor();
  });

  it('opens the conversation that the chat is with', async () => {
    const { page, bridge } = await open({ world: { contacts: [contact('bob'), contact('carol', { isHere: false })] } });
    bridge.emit({ event: 'target', member: 'carol' });
    await page.getByRole('textbox', { name: 'Message to carol' }).waitFor();
    expect(await bridge.command('dial')).toMatchObject({ member: 'carol' });
  });

  it('says that the connection is lost, comes back by itself, and then knows everything anew', async () => {
    const { page, bridge } = await open({ hash: '#bob', world: { history: { bob: [message('1', 'before')] } } });
    await page.getByText('before').first().waitFor();
    const { port } = bridge;
    await bridge.drop();
    await page.getByText('The connection to qtchat on this computer is lost').waitFor();
    const field = page.getByRole('textbox', { name: 'Message to bob' });
    await field.fill('is this lost?');
    await field.press('Enter');
    await page.getByText('the connection to qtchat is lost', { exact: true }).waitFor();
    bridge.world.history.bob?.push(message('2', 'meanwhile'));
    await bridge.listen(port);
    // Soon by itself, and at once for whoever asks.
    await page.getByRole('button', { name: /Try/ }).click();
    await page.locator('.scroller').getByText('meanwhile').waitFor();
    expect(await field.inputValue()).toBe('is this lost?');
    await page.locator('.link-bar').waitFor({ state: 'detached' });
  });

  it('hears and tells nothing where another program has taken the port meanwhile', async () => {
    const { page, bridge } = await open({ hash: '#bob', world: { history: { bob: [message('1', 'before')] } } });
    await page.getByText('before').first().waitFor();
    const { port } = bridge;
    await bridge.drop();
    bridge.run = 'of somebody else';
    bridge.world.contacts = [contact('bob', { name: 'the bank' })];
    const told = bridge.commands.length;
    await bridge.listen(port);
    await page.getByRole('button', { name: /Try/ }).click();
    await page.getByText('qtchat has ended').waitFor();
    const field = page.getByRole('textbox', { name: 'Message to bob' });
    await field.fill('the number is 7');
    await field.press('Enter');
    await page.getByText('the connection to qtchat is lost', { exact: true }).waitFor();
    expect(await page.getByText('the bank').count()).toBe(0);
    expect(bridge.commands.slice(told)).toEqual([]);
  });

  it('says how to start the program again once it has ended', async () => {
    const { page, bridge } = await open();
    bridge.sayGoodbye();
    await page.getByText('qtchat has ended').waitFor();
    await page.getByText('qtchat chat --web').waitFor();
  });

  it('remembers light or dark', async () => {
    const { page } = await open({ theme: 'light' });
    const shown = (): Promise<unknown> => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await shown();
    await page.getByRole('button', { name: /change to light/ }).click();
    await page.getByRole('button', { name: /change to dark/ }).click();
    expect(await shown()).not.toBe(light);
    const dark = await shown();
    await page.reload();
    await page.getByRole('button', { name: /Dark colours/ }).waitFor();
    expect(await shown()).toBe(dark);
  });
});
