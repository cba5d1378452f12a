/** The keys of the input line, which people know from readline. */
import type { Editor, EditResult } from './editor.js';
import { type KeyEvent, keyName } from './key-events.js';

/** Does to the line what a key asks for; `no-key` for one that is not among these, such as Enter, Tab and PageUp. */
export function pressKey(editor: Editor, key: KeyEvent): EditResult | 'no-key' {
  if (key.text !== undefined) return editor.insert(key.text);
  const action = actions.get(keyName(key));
  if (action === undefined) return 'no-key';
  return action(editor) === 'too-long' ? 'too-long' : 'done';
}

// biome-ignore format: a table
const actions: ReadonlyMap<string, (editor: Editor) => unknown> = new Map<string, (editor: Editor) => unknown>([
  ['left', (editor) => editor.moveLeft()],
  ['ctrl-b', (editor) => editor.moveLeft()],
  ['right', (editor) => editor.moveRight()],
  ['ctrl-f', (editor) => editor.moveRight()],
  ['up', (editor) => editor.moveUp()],
  ['down', (editor) => editor.moveDown()],
  ['home', (editor) => editor.moveToLineStart()],
  ['ctrl-a', (editor) => editor.moveToLineStart()],
  ['end', (editor) => editor.moveToLineEnd()],
  ['ctrl-e', (editor) => editor.moveToLineEnd()],
  ['ctrl-home', (editor) => editor.moveTo(0)],
  ['ctrl-end', (editor) => editor.moveTo(editor.text.length)],
  ['ctrl-left', (editor) => editor.moveWordLeft()],
  ['alt-left', (editor) => editor.moveWordLeft()],
  ['alt-b', (editor) => editor.moveWordLeft()],
  ['ctrl-right', (editor) => editor.moveWordRight()],
  ['alt-right', (editor) => editor.moveWordRight()],
  ['alt-f', (editor) => editor.moveWordRight()],
  ['ctrl-p', (editor) => editor.moveInHistory('older')],
  ['ctrl-n', (editor) => editor.moveInHistory('newer')],
  ['backspace', (editor) => editor.deleteLeft()],
  ['ctrl-h', (editor) => editor.deleteLeft()],
  ['delete', (editor) => editor.deleteRight()],
  ['ctrl-d', (editor) => editor.deleteRight()],
  ['ctrl-w', (editor) => editor.killChunkLeft()],
  ['alt-backspace', (editor) => editor.killWordLeft()],
  ['ctrl-backspace', (editor) => editor.killWordLeft()],
  ['alt-d', (editor) => editor.killWordRight()],
  ['ctrl-delete', (editor) => editor.killWordRight()],
  ['alt-delete', (editor) => editor.killWordRight()],
  ['ctrl-k', (editor) => editor.killLineRight()],
  ['ctrl-u', (editor) => editor.killLineLeft()],
  ['ctrl-y', (editor) => editor.yank()],
  ['ctrl-t', (editor) => editor.transpose()],
  ['ctrl-_', (editor) => editor.undo()],
  ['ctrl-/', (editor) => editor.undo()],
  ['alt-enter', (editor) => editor.insert('\n')],
  ['ctrl-j', (editor) => editor.insert('\n')],
]);
