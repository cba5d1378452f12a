// An evening of alice, bob and carol: what they type, and which of alice's screens are kept.
import { join } from 'node:path';
import { freePort } from '../../bench/helpers/free-port.mjs';
import { changeKey, makeCircle, makeFiles } from './circle.mjs';
import { ShownProgram } from './shown-program.mjs';

const usual = { columns: 80, rows: 24 };
const low = { columns: 80, rows: 12 };
const wide = { columns: 100, rows: 24 };

/**
 * Plays it.
 *
 * @param folder - for the homes; empty
 * @param keep - called with a name, a title and the program of each screen, once it is as it should be
 */
export async function play(folder, keep) {
  await makeCircle(folder);
  await makeFiles(join(folder, 'photos'));
  const [port, alicePort] = [await freePort(), await freePort()];
  const running = [];
  const chat = (name, listen, size, ...more) => {
    const words = ['chat', '--listen', `127.0.0.1:${listen}`, '--home', join(folder, name), ...more];
    const started = new ShownProgram(words, { size, env: { HOME: folder } });
    running.push(started);
    return started;
  };
  try {
    const first = chat('alice', 0, low);
    await first.see('nobody has been met yet');
    await keep('start', 'alice has started the chat, and knows nobody yet', first);
    await first.leave();

    let bob = chat('bob', port, usual);
    await bob.see('listening');
    const alice = chat('alice', alicePort, usual, '--peer', `127.0.0.1:${port}`);
    await talk(alice, bob, folder);
    await keep('chat', 'alice talks to bob, who has sent a picture', alice);

    const carol = chat('carol', 0, usual, '--peer', `127.0.0.1:${alicePort}`);
    await meetCarol(alice, carol, keep);
    alice.resize(low);
    await sendFiles(alice, bob, folder, keep);
    await lookBack(alice, keep);

    await bob.leave();
    await alice.see('not here');
    alice.enter('See you tomorrow then. Sleep well 🌙');
    await alice.see('Sleep well');
    await keep('away', 'bob has left; what alice types waits for him', alice);

    await changeKey(folder);
    bob = chat('bob', port, usual);
    await alice.see('another key');
    alice.resize(low);
    alice.enter('/trust');
    await alice.see('[y/N]');
    await keep('trust', 'bob comes with another key, and alice is asked whether it is his', alice);
    alice.type('y');
    await alice.see('You trust the new key');
  } finally {
    for (const one of running) await one.leave();
  }
}

/** What is said first: texts of both, a picture, a reply and a reaction. */
async function talk(alice, bob, folder) {
  await alice.see('bob is here');
  await bob.see('Say hello');
  bob.enter('Ahoy! 👋 Are you on board already?');
  await alice.see('on board');
  alice.enter('Just tied up. What a sea today 🌊');
  await bob.see('What a sea');
  bob.enter(`/send ${join(folder, 'photos', 'harbour.png')}`);
  await alice.see('▀▀▀▀▀▀▀▀▀▀▀▀');
  bob.enter('I took this from the old pier an hour ago');
  await alice.see('an hour ago');
  alice.enter('/reply It looks like a painting!');
  await bob.see('like a painting');
  bob.enter('/react 😊');
  await alice.see('😊');
}

/** A second conversation beside the first one. */
async function meetCarol(alice, carol, keep) {
  alice.resize(wide);
  await alice.see('2:carol');
  carol.enter('Is there room for one more tomorrow? ⛵');
  await alice.see('2:carol(1)');
  await keep('talks', 'alice talks to bob, while carol has written something', alice);
  alice.type('\u001b2');
  await alice.see('one more tomorrow');
  await carol.leave();
  await alice.see('○ not here');
  alice.type('\u001b1');
  await alice.see(' bob ●');
}

/** Files: one that is taken by itself, one on its way, one that waits for an answer. */
async function sendFiles(alice, bob, folder, keep) {
  bob.enter(`/send ${join(folder, 'photos', 'tides.txt')}`);
  await alice.see('✓ /open 2');
  bob.enter(`/send ${join(folder, 'photos', 'charts.zip')}`);
  await alice.see('/accept 3');
  bob.enter(`/send ${join(folder, 'photos', 'regatta.mkv')}`);
  await alice.see('/accept 4');
  alice.enter('/accept 4');
  await keep('files', 'one file has arrived, one is on its way, and one waits for an answer', alice, /\[#+-+\]/);
  alice.enter('/cancel 4');
  await alice.see('cancelled');
  alice.enter('/decline 3');
  await alice.see('declined');
}

/** Keys, ids, and the search. */
async function lookBack(alice, keep) {
  alice.enter('/verify');
  await alice.see('Compare with bob');
  await keep('verify', 'the keys of alice and bob, to be compared', alice);
  alice.enter('/history');
  await keep('history', 'the last messages with their ids', alice);
  alice.type('\u0006');
  await alice.see('search:');
  alice.enter('pier');
  await alice.see('▼ Esc');
  await keep('search', 'alice has searched for "pier"', alice);
  alice.type('\u001b');
  // What follows too soon would be typed with Alt.
  await alice.until(({ rows }) => rows.at(-1).text.startsWith('> '), 'the end of the search');
}
