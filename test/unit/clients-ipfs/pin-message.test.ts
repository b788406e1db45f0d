import { describe, expect, it } from 'vitest';
import { isStopping, readRefusal } from '../../../src/clients/ipfs/pin-message.ts';

describe('reading why a daemon gave up a pin', () => {
  it.each([
    ['pin: Seal response error code is: 8012', { stage: 'start-seal', code: 8012 }],
    ['pin: Seal response error code is: 8013', { stage: 'start-seal', code: 8013 }],
    ['pin: Start Seal error code is: 501', { stage: 'start-seal', httpStatus: 501 }],
    ['pin: Start seal error code is: 400', { stage: 'start-seal', httpStatus: 400 }],
    ['pin: Seal error code is: 500', { stage: 'seal', httpStatus: 500 }],
    ['pin: End Seal error code is: 404', { stage: 'end-seal', httpStatus: 404 }],
    ['pin: End Seal error code is: 500', { stage: 'end-seal', httpStatus: 500 }],
    [
      'pin: Post "http://127.0.0.1:12222/api/v0/storage/seal_start": dial tcp 127.0.0.1:12222: connect: connection refused',
      { stage: 'sworker-away' },
    ],
    ['Post http://h/api/v0/storage/seal?cid=Qm&new_block=false: EOF', { stage: 'sworker-away' }],
    ['merkledag: not found', { stage: 'resolve' }],
    ['context deadline exceeded', { stage: 'resolve' }],
    ['failed to fetch all nodes', { stage: 'resolve' }],
    ['no link named "x" under Qm', { stage: 'resolve' }],
    ['something else', { stage: 'other' }],
  ])('%s', (text, expected) => {
    const { kind, message, ...rest } = readRefusal(text);
    expect(rest).toEqual(expected);
    expect(kind).toBe('refused');
    expect(message).toBe(text);
  });

  it('makes the message fit for a terminal', () => {
    expect(readRefusal(`\u001b[31m${'x'.repeat(1000)}`).message).not.toContain('\u001b');
    expect(readRefusal('x'.repeat(1000)).message.length).toBeLessThan(400);
  });

  it.each([
    ['pin: context canceled', true],
    ['pin: promise channel was closed', true],
    ['blockservice is closed', true],
    ['leveldb: closed', true],
    ['pin: Seal error code is: 500', false],
    ['merkledag: not found', false],
    ['context deadline exceeded', false],
  ])('%s: daemon stopping is %s', (text, expected) => {
    expect(isStopping(text)).toBe(expected);
  });
});
