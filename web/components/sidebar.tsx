/** The column of conversations, and what concerns the whole window. */
import { signal } from '@preact/signals';
import type { Theme } from '../theme.js';
import { Avatar } from './avatar.js';
import { ContactList } from './contact-list.js';
import { Icon, type IconName } from './icon.js';
import { IconButton } from './icon-button.js';
import { Name } from './name.js';
import { useStore } from './store-context.js';
import { useSelect } from './use-select.js';

const nextTheme: Record<Theme, { theme: Theme; icon: IconName; label: string }> = {
  system: { theme: 'light', icon: 'system', label: 'Colours as the system has them; change to light' },
  light: { theme: 'dark', icon: 'sun', label: 'Light colours; change to dark' },
  dark: { theme: 'system', icon: 'moon', label: 'Dark colours; change to those of the system' },
};

const permission = signal('Notification' in window ? Notification.permission : 'denied');

export function Sidebar() {
  const store = useStore();
  const self = store.self.value;
  const { theme, icon, label } = nextTheme[store.theme.value];
  return (
    <aside class="sidebar" aria-label="You and your conversations">
      <header class="bar">
        <Avatar name={self?.member ?? ''} />
        <h1 class="bar-title">
          <Name name={self?.member ?? ''} />
        </h1>
        {permission.value === 'default' && (
          <IconButton icon="bell" label="Tell me of messages while I am elsewhere" onClick={() => void askToNotify()} />
        )}
        <IconButton
          icon={icon}
          label={label}
          onClick={() => {
            store.theme.value = theme;
          }}
        />
      </header>
      {store.contacts.value.length === 0 ? <NobodyYet /> : <ContactList />}
      <p class="sidebar-foot">
        <Icon name="lock" /> Encrypted from end to end, in your own circle
      </p>
    </aside>
  );
}

function NobodyYet() {
  const self = useSelect((state) => state.self);
  const port = useSelect((state) => state.port);
  return (
    <div class="empty">
      <h2>Nobody here yet</h2>
      <p>
        Whoever is in your circle appears here as soon as you meet. Invite somebody from a terminal on the computer that
        hosts your circle:
      </p>
      <p>
        <code>qtchat autoca invite NAME</code>
      </p>
      <p>
        They start with the line that it prints, and then with <code>qtchat chat --peer {self?.member ?? 'YOU'}</code>.
        {port !== null && ` This window waits for them on port ${port}.`}
      </p>
    </div>
  );
}

async function askToNotify(): Promise<void> {
  permission.value = await Notification.requestPermission();
}
