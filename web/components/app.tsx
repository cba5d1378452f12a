/** The whole window. */
import { Announcer } from './announcer.js';
import { AskDialog } from './ask-dialog.js';
import { CallPanel } from './call-panel.js';
import { ConversationPane } from './conversation-pane.js';
import { FirstRun } from './first-run.js';
import { Lightbox } from './lightbox.js';
import { LinkBar } from './link-bar.js';
import { Notices } from './notices.js';
import { Opening } from './opening.js';
import { SearchPanel } from './search-panel.js';
import { Sidebar } from './sidebar.js';
import { useStore } from './store-context.js';
import { useSelect } from './use-select.js';
import { WhoPanel } from './who-panel.js';

export function App() {
  const store = useStore();
  const isReady = useSelect((state) => state.isReady);
  const self = store.self.value;
  if (!isReady) return <Opening />;
  if (self === null) {
    return (
      <>
        <LinkBar />
        <FirstRun />
      </>
    );
  }
  const contact = store.contact.value;
  const panel = contact === undefined ? 'none' : store.panel.value;
  const classes = [
    'window',
    store.active.value === undefined ? 'is-list' : 'is-talk',
    panel === 'none' ? '' : 'has-panel',
  ];
  return (
    <>
      <LinkBar />
      <CallPanel />
      <div class={classes.join(' ')}>
        <Sidebar />
        <ConversationPane />
        {contact !== undefined && panel === 'search' && <SearchPanel key={contact.member} member={contact.member} />}
        {contact !== undefined && panel === 'who' && <WhoPanel key={contact.member} contact={contact} />}
      </div>
      <Notices />
      <Announcer />
      <AskDialog />
      <Lightbox />
    </>
  );
}
