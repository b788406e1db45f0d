import { describe, expect, it } from 'vitest';
import { processLine } from '../../../src/runtime/last-words.ts';

describe('the line that an uncaught error leaves behind', () => {
  it('is one JSON object with the error and where it came from', () => {
    const line = processLine('error', 'uncaughtException', new TypeError('broken\nin two'), []);
    expect(line.endsWith('\n')).toBe(true);
    expect(line.trimEnd()).not.toContain('\n');
    expect(JSON.parse(line)).toMatchObject({
      level: 'error',
      message: 'uncaughtException',
      error: 'TypeError: broken\nin two',
      stack: expect.stringContaining('last-words.test'),
    });
  });

  it('never carries a secret, neither in the message nor in the stack', () => {
    const error = new Error('GET http://me:to"ken@host failed with s3cret');
    const line = processLine('error', 'unhandledRejection', error, ['s3cret', 'to"ken']);
    expect(line).not.toMatch(/s3cret|to\\?"ken/u);
    expect(JSON.parse(line)).toMatchObject({ error: 'Error: GET http://me:[secret]@host failed with [secret]' });
  });

  it('says what was thrown even when it is no error', () => {
    expect(JSON.parse(processLine('error', 'unhandledRejection', 'just a text', []))).toMatchObject({
      error: 'just a text',
    });
  });

  it('tells the cause', () => {
    const error = new Error('GET failed', { cause: new TypeError('s3cret refused') });
    expect(JSON.parse(processLine('error', 'uncaughtException', error, ['s3cret']))).toMatchObject({
      cause: 'TypeError: [secret] refused',
    });
  });

  it('is bounded, and leaves no part of a secret where it is cut', () => {
    const error = new Error(`${'x'.repeat(16_384 - 'Error: '.length - 3)}s3cret`);
    error.stack = 'y'.repeat(1_000_000);
    const line = processLine('error', 'uncaughtException', error, ['s3cret']);
    expect(line.length).toBeLessThan(40_000);
    expect(line).not.toContain('s3c');
  });

  it('has nothing in it that a terminal obeys', () => {
    const hostile = '\u001b]0;title\u0007 \u009b2J \u202egpj \u2028 \u007f';
    const line = processLine('error', 'uncaughtException', new Error(hostile), []).trimEnd();
    expect(line).not.toMatch(/[\p{Cc}\u2028-\u202e]/u);
    expect(JSON.parse(line)).toMatchObject({ error: `Error: ${hostile}` });
  });

  it.each([[Object.create(null)], [undefined], [Symbol('thrown')], [null]])('can be said of %o', (thrown) => {
    expect(JSON.parse(processLine('error', 'unhandledRejection', thrown, []))).toHaveProperty('error');
  });
});
