/** A part of what the window knows: whoever uses it is drawn again when that part changes, and not at every event. */
import { computed } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { AppState } from '../state/app-state.js';
import { useStore } from './store-context.js';

/**
 * Selects a part of the state.
 *
 * @param dependencies - what the selection uses besides the state
 */
export function useSelect<Part>(select: (state: AppState) => Part, dependencies: readonly unknown[] = []): Part {
  const { state } = useStore();
  return useMemo(() => computed(() => select(state.value)), [...dependencies]).value;
}
