import { describe, expect, it } from 'vitest';
import { lastWords } from '../../../src/runtime/last-words.ts';

describe('the line that an uncaught error leaves behind', () => {
  it('is one JSON object with the error and where it came from', () => {
    const line = lastWords('uncaughtException', new TypeError('broken\nin two'), []);
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
    const line = lastWords('unhandledRejection', error, ['s3cret', 'to"ken']);
    expect(line).not.toMatch(/s3cret|to\\?"ken/u);
    expect(JSON.parse(line)).toMatchObject({ error: 'Error: GET http://me:[secret]@host failed with [secret]' });
  });

  it('says what was thrown even when it is no error', () => {
    expect(JSON.parse(lastWords('unhandledRejection', 'just a text', []))).toMatchObject({ error: 'just a text' });
  });
});
