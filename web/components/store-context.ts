/** How components come to the store. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Store } from '../store.js';

export const StoreContext = createContext<Store | undefined>(undefined);

/** The store of the page. */
export function useStore(): Store {
  const store = useContext(StoreContext);
  if (store === undefined) throw new Error('a component stands outside of the page');
  return store;
}
