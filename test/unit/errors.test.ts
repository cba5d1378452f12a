import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { errorLine, foreseen } from '../../src/cli/base-command.js';
import { type ErrorCode, errorExitCodes, escapeControls, QTChatError, quote } from '../../src/errors.js';
import { packageRoot } from '../../src/package-root.js';

const rows = [...documentation().matchAll(/^\| `(ERR_\w+)` \| (\d+) \|/gm)].map(([, code, exit]) => [code, exit]);

describe('the closed list of error codes', () => {
  it.each(Object.keys(errorExitCodes) as ErrorCode[])('documents %s with its exit code', (code) => {
    expect(rows).toContainEqual([code, String(errorExitCodes[code])]);
  });

  it('documents no code that does not exist', () => {
    expect(rows.map(([code]) => code).filter((code) => !(String(code) in errorExitCodes))).toEqual([]);
  });

  it('holds no code that nothing reports', () => {
    const sources = ['src', 'ca-server', 'commands'].flatMap(sourcesIn).join('\n');
    const unused = Object.keys(errorExitCodes).filter((code) => !sources.includes(`'${code}'`));
    expect(unused).toEqual([]);
  });
});

describe('an error', () => {
  it('is one line: what is wrong, then what to do', () => {
    const error = new QTChatError('ERR_STORE_NO_CA', 'this home is no CA', { hint: 'Make one: qtchat ca init' });
    expect(errorLine(error)).toBe('Error: this home is no CA. Make one: qtchat ca init');
    expect(error.exitCode).toBe(3);
  });

  it('shows no stack and no second line, whatever was thrown', () => {
    const line = errorLine(foreseen(new TypeError('first\nsecond'), 'cert:issue'));
    expect(line).not.toMatch(/\n|at .*\.ts/);
    expect(line).toMatch(/first/);
  });

  it.each([
    ['a line break', 'a\nb'],
    ['an escape sequence', 'a\u001b[2Jb'],
    ['a bidirectional override', 'a\u202eb'],
    ['a zero-width character', 'a\u200bb'],
    ['a line separator', 'a\u2028b'],
    ['a C1 control', 'a\u009bb'],
    ['a lone surrogate', 'a\ud800b'],
  ])('never shows %s of foreign text', (_what, text) => {
    expect(quote(text)).toMatch(/^"a\\u\{[0-9a-f]+\}(\[2J)?b"$/);
    expect(escapeControls(text)).toMatch(/^a\\u\{[0-9a-f]+\}(\[2J)?b$/);
  });

  it('cuts long foreign text', () => {
    expect(quote('x'.repeat(1000)).length).toBeLessThan(100);
  });
});

function documentation(): string {
  return readFileSync(join(packageRoot(), 'docs/ERRORS.md'), 'utf8');
}

function sourcesIn(folder: string): string[] {
  const names = readdirSync(join(packageRoot(), folder), { recursive: true }) as string[];
  return names
    .filter((name) => name.endsWith('.ts') && name !== 'errors.ts')
    .map((name) => readFileSync(join(packageRoot(), folder, name), 'utf8'));
}
