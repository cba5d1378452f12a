/** The icons: lines of two pixels in a square of 24. */

const paths = {
  accept: 'M5 13l4.5 4.5L19 7',
  archive: 'M4 4h16v5H4zM5.5 9v11h13V9M10 13h4',
  attach: 'M20 11.5l-8.2 8.2a5 5 0 0 1-7.1-7.1l8.6-8.5a3.4 3.4 0 0 1 4.8 4.8l-8.5 8.5a1.7 1.7 0 0 1-2.4-2.4l7.7-7.7',
  back: 'M15 5l-7 7 7 7',
  bell: 'M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 21h4',
  call: 'M5 4h4l1.8 4.6-2.3 1.7a12 12 0 0 0 5.2 5.2l1.7-2.3L20 15v4a1.8 1.8 0 0 1-2 1.8A15.5 15.5 0 0 1 3.2 6 1.8 1.8 0 0 1 5 4z',
  cancel: 'M6 6l12 12M18 6L6 18',
  check: 'M5 13l4 4L19 7',
  checks: 'M2 13l4 4L15 7M11 16l1.5 1.500L22 7',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.5 2',
  down: 'M5 9l7 7 7-7',
  edit: 'M4 20l1-4.500L16.5 4 20 7.5 8.5 19zM14.5 6l3.5 3.5',
  file: 'M6 3h8l5 5v13H6zM14 3v5h5',
  folder: 'M3 6h6.500l2 2.500H21V19H3z',
  hangup: 'M3 14.500c5-5 13-5 18 0l-2.5 3-4-1.700v-2.600a10 10 0 0 0-5 0v2.600l-4 1.700z',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  mic: 'M12 15a3 3 0 0 0 3-3V6a3 3 0 0 0-6 0v6a3 3 0 0 0 3 3zM6 11.500a6 6 0 0 0 12 0M12 17.500V21',
  moon: 'M20 14.500A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.500z',
  muted:
    'M9 5.500a3 3 0 0 1 6 .5v5.500M15 14a3 3 0 0 1-6-2v-3M6 11.500a6 6 0 0 0 9.5 5M18 12.500v-1M12 17.500V21M4 4l16 16',
  pause: 'M9 6v12M15 6v12',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.500a7.5 7.5 0 0 1 15 0',
  play: 'M8 5.500v13l10-6.500z',
  react: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8.5 14a4 4 0 0 0 7 0M9 9.500v.100M15 9.500v.100',
  reply: 'M10 6l-6 6 6 6M4.5 12H14a6 6 0 0 1 6 6v1',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l4.5 4.5',
  send: 'M4 12l16-8-5 16-3.5-6.500zM11.5 13.500L20 4',
  shield: 'M12 3l7.5 3v5.500c0 4.5-3 8-7.5 9.5-4.5-1.5-7.5-5-7.5-9.500V6zM8.5 12l2.5 2.5 4.5-5',
  speaker: 'M4 9.500v5h3.500L12 19V5L7.5 9.500zM15.5 9a4 4 0 0 1 0 6M18 6.500a8 8 0 0 1 0 11',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2.500v2M12 19.500v2M2.5 12h2M19.5 12h2M5.3 5.300l1.4 1.400M17.3 17.300l1.4 1.400M5.3 18.700l1.4-1.400M17.3 6.700l1.4-1.4',
  system: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 3v18M12 7h6.500M12 12h9M12 17h6.5',
  trash: 'M4.5 7h15M9.5 7V4h5v3M6.5 7l1 13.500h9l1-13.500M10 11v6M14 11v6',
  warning: 'M12 4l9 16H3zM12 10v4.500M12 17.400v.100',
} as const;

/** The name of an icon. */
export type IconName = keyof typeof paths;

/** An icon; what it means is said beside it, or by the label of its button. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
