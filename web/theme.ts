/** Light or dark: as the system has it, or as was chosen here. */
import { effect, type Signal, signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';

// A cookie and no storage: the port, and with it the origin, is another one each time. It says nothing to anybody.
const cookie = 'qtchat-theme';
const yearS = 31_536_000;

/** The theme, applied at once and kept. */
export function createTheme(): Signal<Theme> {
  const kept = new RegExp(`(?:^|; )${cookie}=(light|dark)`).exec(document.cookie)?.[1];
  const theme = signal<Theme>(kept === 'light' || kept === 'dark' ? kept : 'system');
  effect(() => {
    if (theme.value === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme.value;
    const maxAge = theme.value === 'system' ? 0 : yearS;
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store is not there in every browser
    document.cookie = `${cookie}=${theme.value}; Path=/; SameSite=Strict; Max-Age=${maxAge}`;
  });
  return theme;
}
