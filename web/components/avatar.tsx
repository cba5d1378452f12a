/** A round sign for a member: the first letter of the name, in a colour of its own. */

export function Avatar({
  name,
  isHere,
  size = 'normal',
}: {
  name: string;
  isHere?: boolean;
  size?: 'normal' | 'large';
}) {
  const [letter = '?'] = name;
  return (
    <span class={`avatar is-${size}`} style={{ '--hue': `${hueOf(name)}` }} aria-hidden="true">
      {letter.toUpperCase()}
      {isHere !== undefined && <span class={`presence ${isHere ? 'is-here' : ''}`} />}
    </span>
  );
}

/** Far apart for names that are alike. */
function hueOf(name: string): number {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_536;
  return Math.round((sum * 137.508) % 360);
}
