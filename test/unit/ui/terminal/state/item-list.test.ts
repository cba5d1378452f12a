/** The items of one conversation: however many come, a bounded number is kept. */
import { describe, expect, it } from '@jest/globals';
import { ItemList } from '../../../../../src/ui/terminal/state/item-list.js';
import type { NewItem } from '../../../../../src/ui/terminal/state/items.js';

const at = new Date(2026, 10, 29, 21, 5);

function message(number: number): NewItem {
  const rest = { isEdited: false, isReply: false, state: 'received', reactions: {} } as const;
  return { kind: 'message', id: `${number}`, direction: 'in', at, text: `number ${number}`, ...rest };
}

function listOf(first: number, last: number): ItemList {
  const list = new ItemList();
  for (let number = first; number <= last; number += 1) list.add(message(number));
  return list;
}

const idsOf = (list: ItemList): string[] => list.all.map((item) => (item.kind === 'message' ? item.id : item.kind));

describe('the items of a conversation', () => {
  it('have keys that rise from one to the next, whatever is put in front or behind', () => {
    const list = listOf(10, 12);
    list.addOlder([message(8), message(9)]);
    list.add(message(13));
    list.addOlder([message(7)]);
    expect(idsOf(list)).toEqual(['7', '8', '9', '10', '11', '12', '13']);
    const keys = list.all.map(({ key }) => key);
    expect(keys).toEqual([...keys].sort((one, other) => one - other));
    expect(new Set(keys).size).toBe(7);
  });

  it('do not hold a message twice that was said while the history was read', () => {
    const list = listOf(3, 4);
    list.addOlder([message(1), message(2), message(3), message(4)]);
    expect(idsOf(list)).toEqual(['1', '2', '3', '4']);
  });

  it('are forgotten from the oldest on, in good time and not one by one', () => {
    const list = listOf(1, 2_200);
    expect(list.forgetOldest()).toBe(false);
    list.add(message(2_201));
    expect(list.forgetOldest()).toBe(true);
    expect(list.all).toHaveLength(2_000);
    expect(list.oldestKept?.id).toBe('202');
    expect(list.forgetOldest()).toBe(false);
  });

  it('are fewer where they are long', () => {
    const long = 'x'.repeat(65_536);
    const list = listOf(1, 100);
    for (let number = 101; number <= 300; number += 1) {
      list.add({ ...message(number), text: long } as NewItem);
      list.forgetOldest();
    }
    const characters = list.all.reduce((sum, item) => sum + ('text' in item ? (item.text?.length ?? 0) : 0), 0);
    expect(characters).toBeLessThanOrEqual(11_000_000);
    expect(idsOf(list).at(-1)).toBe('300');
    expect(list.all.length).toBeGreaterThan(100);
  });

  it('grow further while the user looks back, but not without end', () => {
    const list = listOf(1, 22_000);
    expect(list.forgetOldest(true)).toBe(false);
    list.add(message(22_001));
    expect(list.forgetOldest(true)).toBe(true);
    expect(list.all).toHaveLength(20_000);
  });

  it('are not left out of the history where the other side has used the same id', () => {
    const list = listOf(5, 5);
    list.addOlder([{ ...message(5), direction: 'out', text: 'ours' } as NewItem, message(5)]);
    expect(list.all.map((item) => (item.kind === 'message' ? item.text : ''))).toEqual(['ours', 'number 5']);
  });

  it('leave no room for more history at their end', () => {
    expect(listOf(1, 19_999).hasRoom).toBe(true);
    expect(listOf(1, 20_000).hasRoom).toBe(false);
  });

  it('change the newest of an id, and say whether it is here', () => {
    const list = listOf(1, 2);
    expect(list.changeMessage('2', 'in', () => ({ text: 'changed' }))).toBe(true);
    expect(list.changeMessage('2', 'out', () => ({ text: 'ours' }))).toBe(false);
    expect(list.changeMessage('3', undefined, () => ({ text: 'none' }))).toBe(false);
    expect(list.all[1]).toMatchObject({ text: 'changed' });
  });
});
