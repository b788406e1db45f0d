import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSealableCid } from '../../../../src/decide/rules/cid.ts';
import { diceThreshold, drawFor } from '../../../../src/decide/rules/dice.ts';
import { shareIndex } from '../../../../src/decide/rules/share.ts';
import { cidOf } from '../../../support/decide-world.ts';
import { basisWith } from './judged.ts';

const vectorCid = 'QmY3yV46Kj4kySVUky35jhZFCwsebHm9GD9oVD4UzrqmsV';
const vectorNumber = 7462641670019941206647870581808974408289101716104644620046486700662133202706398401268240n;

function bytesOf(cid: string): Uint8Array {
  const bytes = parseSealableCid(cid);
  if (bytes === undefined) throw new Error(`not sealable: ${cid}`);
  return bytes;
}

const sealable = fc.nat().map(cidOf);

describe('the share of a group member', () => {
  it('is the remainder of the known number', () => {
    for (const members of [1, 2, 3, 7, 20, 21, 999, 1000]) {
      expect(shareIndex(bytesOf(vectorCid), members)).toBe(Number(vectorNumber % BigInt(members)));
    }
  });

  it('equals its definition in whole numbers for every file and group', () => {
    fc.assert(
      fc.property(sealable, fc.integer({ min: 1, max: 1000 }), (cid, members) => {
        const whole = BigInt(`0xf${Buffer.from(bytesOf(cid)).toString('hex')}`);
        expect(shareIndex(bytesOf(cid), members)).toBe(Number(whole % BigInt(members)));
      }),
    );
  });

  it('gives each file to exactly one member', () => {
    fc.assert(
      fc.property(sealable, fc.integer({ min: 1, max: 50 }), (cid, members) => {
        const owners = Array.from({ length: members }, (_, index) => index).filter(
          (index) => shareIndex(bytesOf(cid), members) === index,
        );
        expect(owners).toHaveLength(1);
      }),
    );
  });
});

/** The definition in whole numbers. */
function referenceDraw(accountHex: string, cid: string): number {
  const digest = createHash('sha256').update(Buffer.from(accountHex, 'hex')).update(cid, 'ascii').digest('hex');
  return Number(BigInt(`0x${digest.slice(0, 13)}`)) / 2 ** 52;
}

describe('the draw', () => {
  it('is the exact number that Python reckons for a vector', () => {
    expect(drawFor('00'.repeat(32), vectorCid) * 2 ** 52).toBe(0x13aa6f04c059f);
  });

  it('equals its definition for every account and file', () => {
    const accounts = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'));
    fc.assert(
      fc.property(accounts, sealable, (account, cid) => {
        const draw = drawFor(account, cid);
        expect(draw).toBe(referenceDraw(account, cid));
        expect(draw).toBeGreaterThanOrEqual(0);
        expect(draw).toBeLessThan(1);
      }),
    );
  });

  it('is spread evenly', () => {
    const buckets = Array.from({ length: 10 }, () => 0);
    for (let file = 0; file < 10_000; file++) {
      const bucket = Math.floor(10 * drawFor('ab'.repeat(32), cidOf(file)));
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    // Nine degrees of freedom: 33.7 would be exceeded once in ten thousand, and the files are always the same.
    const chiSquare = buckets.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(33.7);
  });

  it('must lie below 300 for new and 160 for db times members ÷ nodes', () => {
    const basis = basisWith({ members: 20, nodeCount: 8000 });
    expect(diceThreshold('new', basis)).toBe(0.75);
    expect(diceThreshold('db', basis)).toBe(0.4);
  });
});
