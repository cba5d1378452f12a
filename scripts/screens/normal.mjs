// What differs each time the screens are captured, replaced by what never does: times, addresses, keys, and how fast it went.

const time = '21:05';
const day = 'Sunday, 29 November 2026';
const circle = 'faekjvf6';
const address = '10.0.0.12';
// That of Node 20.
const session = 'TLSv1.3, X25519, TLS_AES_256_GCM_SHA384';
const keys = {
  alice: '3f8a 91c2 07de 5b44 e6a0 1d97 82fb c35e',
  bob: 'b41c 6ed8 f027 93a5 4c1b 78e9 0a6d 25f3',
  other: '9d02 c7f4 518e ab36 70d9 e41a 2f8b 6c05',
};
const ids = [
  '5e0c41a7',
  'a93f7d12',
  '0b86e2c4',
  'd17a5f39',
  '84c2096e',
  '62fb38d0',
  'f90d17a5',
  '17e4b8c3',
  'c35a902f',
];
const progress = '[#####-------] 42 % 31.5 MB/s 0:18 left';

/** Makes screens of one capture comparable with those of all others. */
export class Normalizer {
  #ids = new Map();

  /** The screen as it is always the same. */
  normalize({ rows, cursor }) {
    return { cursor, rows: withAnswer(withSession(rows)).map((row) => this.#row(row)) };
  }

  #row(row) {
    return row
      .replace(/(?<=^(?:.{18}│ )?)\d\d:\d\d(?= )/g, () => time)
      .replace(/─+ [A-Z][a-z]+day, \d+ [A-Z][a-z]+ \d{4} ─+/g, (found) => centred(` ${day} `, found.length))
      .replace(/(?<=by circle )[a-z2-7]{8}/g, () => circle)
      .replace(/127\.0\.0\.1/g, () => address)
      .replace(/(?<=port )\d{4,5}/g, () => '17590')
      .replace(/(?<=\d:)\d{5}/g, () => '17590')
      .replace(/\[#*-*\] \d+ %.*/g, () => progress)
      .replace(/(?:[0-9a-f]{4} ){7}[0-9a-f]{4}(?=(?: {2}(\w+))?)/g, (_, name) => keys[name] ?? keys.other)
      .replace(/(?<=the key )[0-9a-f ]+$/g, (found) => keys.other.slice(0, found.trimEnd().length))
      .replace(/^[0-9a-f ]+(?=, shown)/g, (found) => keys.other.slice(-found.length))
      .replace(/(?<= {4})\d\d:\d\d(?= [0-9a-f]{8})/g, () => time)
      .replace(/(?<=\d\d:\d\d |\(to )[0-9a-f]{8}(?=[ )])/g, (id) => this.#idFor(id))
      .replace(/\d{4}-\d\d-\d\d \d\d:\d\d/g, () => `2026-11-29 ${time}`);
  }

  #idFor(id) {
    if (!this.#ids.has(id)) this.#ids.set(id, ids[this.#ids.size]);
    return this.#ids.get(id);
  }
}

/** How a connection is protected depends on both sides' Node. In the title it is cut at the edge, in a line it is wrapped. */
function withSession(rows) {
  const [title, ...list] = rows;
  const from = list.findIndex((row) => /is here \(circle verified, TLS/.test(row.text));
  const shown = [
    title.replace(/·(?: post-quantum ·)? [\d.]+ · TLSv1\.3,.*/g, (found) =>
      cut(`· ${address} · ${session}`, found.length),
    ),
  ];
  return [
    ...shown,
    ...list.map((row, index) => {
      if (index === from) return row.replace(/TLSv1\.3.*/g, () => `${session},`);
      return from >= 0 && index === from + 1 ? row.replace(/(?<=^(?:.{18}│ )? {9})\S.*/g, () => `${address})`) : row;
    }),
  ];
}

/** How fast the peer answers is known some seconds after it has come. */
function withAnswer(rows) {
  if (!rows[0].text.includes('●')) return rows;
  return rows.map((row) =>
    row.replace(/ {2,}(?:\S.*)?\/help $/g, (found) => {
      const parts = found.trim().split(/ {2,}/);
      const others = parts.filter((part) => !part.endsWith(' ms'));
      return `${others.toSpliced(-1, 0, '1 ms').join('  ')} `.padStart(found.length);
    }),
  );
}

function cut(text, room) {
  return text.length > room ? `${text.slice(0, room - 1)}…` : text;
}

function centred(text, width) {
  const left = Math.floor((width - text.length) / 2);
  return '─'.repeat(left) + text + '─'.repeat(width - left - text.length);
}
