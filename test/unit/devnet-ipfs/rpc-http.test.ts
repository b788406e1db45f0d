import { describe, expect, it } from 'vitest';
import { parseGoDurationMs } from '../../../devnet/ipfs/rpc/rpc-http.ts';
import { styles } from '../../../devnet/ipfs/rpc/rpc-style.ts';

describe('a timeout option', () => {
  it.each([
    ['200ms', 200],
    ['1.5s', 1500],
    ['1h2m3s', 3_723_000],
    ['', undefined],
    ['soon', undefined],
    ['5', undefined],
  ])('reads %j as %s ms', (text, ms) => {
    expect(parseGoDurationMs(text)).toBe(ms);
  });
});

describe('a progress line', () => {
  it('is empty in Kubo and has null pins in go-ipfs as long as no block came', () => {
    expect(styles['kubo-0.42'].progressLine(0, 0)).toEqual({});
    expect(styles['kubo-0.42'].progressLine(3, 9)).toEqual({ Progress: 3, Bytes: 9 });
    expect(styles['go-ipfs-0.8'].progressLine(0, 0)).toEqual({ Pins: null });
    expect(styles['go-ipfs-0.8'].progressLine(3, 9)).toEqual({ Pins: null, Progress: 3 });
  });
});
