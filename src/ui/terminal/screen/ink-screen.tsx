/** Draws frames on a terminal with Ink, which sends only rows that have changed. */
import { Box, type Instance, render, Text, Transform, useCursor } from 'ink';
import type { Display } from '../terminal.js';
import type { Frame } from './frame.js';

/** As often as Ink may draw: often enough that a key is seen at once. */
const framesPerSecond = 60;

/** Where frames are drawn. */
export class InkScreen {
  readonly #output: Display;
  #ink: Instance | undefined;

  constructor(output: Display) {
    this.#output = output;
  }

  /** Draws a frame, as far as it differs from the last one. */
  draw(frame: Frame): void {
    if (this.#ink !== undefined) {
      this.#ink.rerender(<Screen frame={frame} />);
      return;
    }
    this.#ink = render(<Screen frame={frame} />, {
      // Of which Ink uses no more than this.
      stdout: this.#output as NodeJS.WriteStream,
      exitOnCtrlC: false,
      patchConsole: false,
      incrementalRendering: true,
      maxFps: framesPerSecond,
    });
  }

  /** Forgets what is on the terminal: the next frame is drawn whole. */
  clear(): void {
    this.#ink?.unmount();
    this.#ink = undefined;
    this.#output.write('\u001b[H\u001b[2J');
  }

  /** Draws no more. */
  close(): void {
    this.#ink?.unmount();
    this.#ink = undefined;
  }
}

function Screen({ frame }: { readonly frame: Frame }) {
  const { title, list, sidebar, sidebarCells, status, input, cursor, height } = frame;
  const { setCursorPosition } = useCursor();
  setCursorPosition(cursor);
  return (
    <Box flexDirection="column" height={height}>
      <Row text={title} />
      <Box flexGrow={1}>
        {sidebarCells > 0 && (
          <Box flexDirection="column" width={sidebarCells}>
            <Rows rows={sidebar} />
          </Box>
        )}
        <Box flexDirection="column" flexGrow={1} justifyContent="flex-end">
          <Rows rows={list} />
        </Box>
      </Box>
      <Row text={status} />
      <Rows rows={input} />
    </Box>
  );
}

function Rows({ rows }: { readonly rows: readonly string[] }) {
  // Rows have no identity: what stands in the third one is in the third one.
  return rows.map((row, index) => <Row key={`${index}`} text={row} />);
}

/**
 * One row that already fits. It reaches Ink as the transformation of a single space: what Ink measures it keeps for ever, and
 * messages would fill the memory.
 */
function Row({ text }: { readonly text: string }) {
  return (
    <Transform transform={() => text}>
      <Text> </Text>
    </Transform>
  );
}
