/** The chat window: a page that the program serves to the browser of this computer. */
import { options, render } from 'preact';
import { App } from './components/app.js';
import { StoreContext } from './components/store-context.js';
import { startEffects } from './effects.js';
import { Store } from './store.js';

// Once a frame, however much happens in it; where nobody looks there are no frames.
options.debounceRendering = (draw) => {
  if (document.hidden) setTimeout(draw);
  else requestAnimationFrame(draw);
};

const store = new Store(new URL('events', document.baseURI).href.replace(/^http/, 'ws'));
startEffects(store);
render(
  <StoreContext.Provider value={store}>
    <App />
  </StoreContext.Provider>,
  document.body,
);
