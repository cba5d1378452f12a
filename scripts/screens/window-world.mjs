// Who and what the screens of the chat window show: a small circle on an evening.
import { execFileSync } from 'node:child_process';
import sharp from 'sharp';

const day = '2026-11-28';
const today = '2026-11-29';

/** A picture of a harbour at dusk, drawn here. */
export async function harbour() {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="750">
    <defs><linearGradient id="s" x2="0" y2="1"><stop stop-color="#29476b"/><stop offset=".55" stop-color="#d98f6b"/><stop offset=".7" stop-color="#f3c98b"/></linearGradient>
    <linearGradient id="w" x2="0" y2="1"><stop stop-color="#c98b6a"/><stop offset="1" stop-color="#1d3550"/></linearGradient></defs>
    <rect width="1200" height="470" fill="url(#s)"/><circle cx="820" cy="430" r="70" fill="#ffe3ae"/>
    <path d="M0 440 180 380 330 430 470 370 640 445 900 410 1200 450V480H0z" fill="#3a4d63"/>
    <rect y="470" width="1200" height="280" fill="url(#w)"/>
    <path d="M250 590h330l-50 60H300z" fill="#20303f"/><path d="M410 590V300l150 270z" fill="#f2ead9"/><path d="M400 590V340L290 570z" fill="#dccfb6"/>
    <path d="M760 500h120M740 530h160M770 560h100M700 600h220" stroke="#ffdf9f" stroke-width="7" stroke-linecap="round" opacity=".7"/></svg>`;
  return sharp(Buffer.from(svg)).jpeg({ quality: 82 }).toBuffer();
}

/** A film of it, one second long. */
function filmOf(picture) {
  const from = ['-f', 'image2pipe', '-loop', '1', '-i', '-', '-t', '1', '-vf', 'hflip,scale=640:400,eq=saturation=0.7'];
  const options = { input: picture, maxBuffer: 16 * 1024 * 1024 };
  return execFileSync('ffmpeg', ['-v', 'error', ...from, '-c:v', 'libvpx', '-f', 'webm', '-'], options);
}

const common = { replyTo: null, editedAt: null, call: null, reactions: [] };
let count = 0;

function said(from, at, text, changes = {}) {
  count += 1;
  const direction = from === 'alice' ? 'out' : 'in';
  const state = direction === 'out' ? 'read' : 'received';
  return { id: `${count}`.padStart(8, '0'), from, direction, sentAt: at, state, text, ...common, ...changes };
}

/** What the page is greeted with. */
export async function world() {
  const call = { reason: 'hung-up', durationMs: 754_000, missed: false };
  const talk = [
    said('bob', `${day}T18:02:00.000Z`, 'Are we still on for the harbour on Sunday?'),
    said('alice', `${day}T18:04:00.000Z`, 'Yes! The tide is at nine, so let us meet at the pier at half past eight.'),
    said('bob', `${day}T18:05:00.000Z`, 'Perfect. I will bring coffee ☕', {
      reactions: [{ from: 'alice', emoji: '❤️' }],
    }),
    said('bob', `${day}T18:20:00.000Z`, null, { call }),
    said('alice', `${today}T17:41:00.000Z`, 'That was a good day. Do you have the pictures?'),
    said(
      'bob',
      `${today}T17:43:00.000Z`,
      'Here is the best one. The film takes a little longer, you can watch it meanwhile.',
      {
        replyTo: '00000005',
      },
    ),
    said('alice', `${today}T17:52:00.000Z`, 'What light! I will print that one.', { state: 'delivered' }),
    said('bob', `${today}T17:53:00.000Z`, 'There is more at https://example.org/harbour'),
  ];
  const contact = (member, changes) => ({
    member,
    isHere: true,
    standing: 'good',
    lastSeenAt: null,
    unread: 0,
    last: null,
    ...changes,
  });
  const picture = {
    member: 'bob',
    id: 'a'.repeat(32),
    direction: 'in',
    name: 'harbour at dusk.jpg',
    sizeBytes: 2_310_000,
  };
  const film = { member: 'bob', id: 'b'.repeat(32), direction: 'in', name: 'sailing out.mp4', sizeBytes: 184_000_000 };
  const harbourPicture = await harbour();
  return {
    self: {
      member: 'alice',
      circleId: 'mfrggzdfmztwq2lknnwg23tpoa',
      notAfter: '2027-11-29T20:00:00.000Z',
      ownKey: '3f9a2c41d05be7788190aa13c2d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f6',
    },
    contacts: [
      contact('bob', { last: talk.at(-1) }),
      contact('carol', {
        unread: 2,
        last: said('carol', `${today}T17:30:00.000Z`, 'Can you send me the recipe again?'),
      }),
      contact('grandma', {
        isHere: false,
        lastSeenAt: `${today}T11:12:00.000Z`,
        last: said('alice', `${today}T10:02:00.000Z`, 'See you on Thursday!', { state: 'queued' }),
      }),
      contact('dave', {
        isHere: false,
        lastSeenAt: `${day}T21:12:00.000Z`,
        last: said('dave', `${day}T20:12:00.000Z`, 'The backup is through, all 40 GB of it.'),
      }),
      contact('ship-radio', { isHere: true, last: null }),
    ],
    files: [
      { ...picture, doneBytes: picture.sizeBytes, state: 'done', at: `${today}T17:44:00.000Z` },
      { ...film, doneBytes: 71_000_000, state: 'moving', at: `${today}T17:54:00.000Z` },
    ],
    history: { bob: talk },
    media: {
      [picture.id]: { kind: 'picture', type: 'image/jpeg', content: harbourPicture },
      [film.id]: { kind: 'video', type: 'video/webm', content: filmOf(harbourPicture) },
    },
    whois: {
      bob: {
        certificate: {
          subject: 'bob',
          issuer: 'Harbour circle',
          serialNumber: '5c1f08a2d93e7b6644120aef',
          notBefore: '2026-10-01T08:00:00.000Z',
          notAfter: '2027-10-01T08:00:00.000Z',
        },
        security: 'TLSv1.3, TLS_AES_256_GCM_SHA384',
        postQuantum: true,
        keyOrigin: 'local',
      },
    },
    progress: { ...film, doneBytes: 71_000_000, bytesPerSecond: 11_200_000, etaSeconds: 10.1 },
  };
}
