/** What we call a member. Names are others' text: they stay on their own side of the line. */
import { escapeText } from '../text/escape-text.js';

export function Name({ name }: { name: string }) {
  return <bdi class="name">{escapeText(name)}</bdi>;
}
