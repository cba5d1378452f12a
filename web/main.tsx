/** The chat window: a page that the program serves to the browser of this computer. */
import { render } from 'preact';
import { App } from './components/app.js';
import { StoreContext } from './components/store-context.js';
import { startEffects } from './effects.js';
import { Store } from './store.js';

const store = new Store(new URL('events', document.baseURI).href.replace(/^http/, 'ws'));
startEffects(store);
render(
  <StoreContext.Provider value={store}>
    <App />
  </StoreContext.Provider>,
  document.body,
);
