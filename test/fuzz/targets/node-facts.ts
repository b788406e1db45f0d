import { isAscii } from 'node:buffer';
import * as fc from 'fast-check';
import type { Ask, BlockRef } from '../../../src/clients/chain/ask.ts';
import { decodeTimestamp } from '../../../src/clients/chain/blocks/timestamp.ts';
import {
  decodeCurrentSlot,
  decodeGroupOwner,
  decodeMembers,
  decodeOrderCount,
  decodeReportSlot,
} from '../../../src/clients/chain/facts/node-facts.ts';
import { decodedAt } from '../../../src/clients/chain/scale/undecodable.ts';
import { stateProofKey } from '../../../src/clients/chain/storage/state-proof.ts';
import { StorageValues } from '../../../src/clients/chain/storage/storage-values.ts';
import { MIB } from '../../../src/domain/units.ts';
import { compact, littleEndian } from '../harness/encode.ts';
import { anySize } from '../harness/hostile.ts';
import { mustEqual, outcomeOf } from '../harness/judge.ts';
import { heldBytes, mustNotGrow } from '../harness/memory.ts';
import { changed, changes, changedText } from '../harness/mutation.ts';
import { plainGroupOwner, plainMembers, plainNumber, plainReportSlot } from '../harness/reference-facts.ts';
import { type Target, target } from '../harness/target.ts';

const at: BlockRef = { number: 7, hash: `0x${'5a'.repeat(32)}` };
const ask: Ask = { signal: new AbortController().signal };
const key = `0x${'ab'.repeat(32)}`;
const proof = littleEndian(BigInt(at.number), 4);

interface Reading {
  readonly value: fc.Arbitrary<Buffer>;
  readonly decode: (value: string) => unknown;
  readonly plain: (value: string) => unknown;
}

/** What a length or a count says, which the bytes behind it may not hold to. */
interface Told {
  readonly says: number;
  readonly has: number;
}

const told = (most: number): fc.Arbitrary<Told> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.nat(most).map((has) => ({ says: has, has })) },
    {
      weight: 2,
      arbitrary: fc.record({ says: fc.constantFrom(0, 1, 63, 64, 16_384, 2 ** 30 - 1), has: fc.nat(most) }),
    },
    { weight: 1, arbitrary: fc.constantFrom(2 ** 30, 2 ** 32).map((says) => ({ says, has: 1 })) },
  );
/** As many as a group may have, one more, and what fills an answer. */
const toldAccounts = fc.oneof(
  { weight: 24, arbitrary: told(3) },
  { weight: 8, arbitrary: fc.constantFrom(1000, 1001, 20_001).map((has) => ({ says: has, has })) },
  { weight: 1, arbitrary: fc.constantFrom(20_000, 250_000).map((has) => ({ says: has, has })) },
);

function counted({ says, has }: Told, itemBytes: number): Buffer {
  return Buffer.concat([compact(BigInt(says)), Buffer.alloc(has * itemBytes, 0x5e)]);
}

const identity = fc
  .record({ anchor: told(64), owner: fc.constantFrom('00', '01', '02') })
  .map(({ anchor, owner }) =>
    Buffer.concat([
      counted(anchor, 1),
      littleEndian(600n, 8),
      Buffer.from(owner, 'hex'),
      Buffer.alloc(owner === '00' ? 0 : 32, 3),
    ]),
  );
const group = fc
  .record({ members: toldAccounts, allowlist: toldAccounts })
  .map(({ members, allowlist }) => Buffer.concat([counted(members, 32), counted(allowlist, 32)]));
const report = fc
  .record({ slot: anySize, roots: fc.tuple(told(32), told(32)) })
  .map(({ slot, roots }) =>
    Buffer.concat([littleEndian(slot, 8), Buffer.alloc(24), ...roots.map((root) => counted(root, 1))]),
  );
const u64 = anySize.map((value) => littleEndian(value, 8));
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((value) => littleEndian(BigInt(value), 4));

const readings: Readonly<Record<string, Reading>> = {
  identity: {
    value: identity,
    decode: (value) => decodeGroupOwner(value)?.address ?? null,
    plain: plainGroupOwner,
  },
  group: { value: group, decode: (value) => decodeMembers(value).map(({ address }) => address), plain: plainMembers },
  report: { value: report, decode: decodeReportSlot, plain: plainReportSlot },
  currentSlot: { value: u64, decode: decodeCurrentSlot, plain: (value) => plainNumber(value, 8) },
  orderCount: { value: u32, decode: decodeOrderCount, plain: (value) => plainNumber(value, 4) },
  timestamp: { value: u64, decode: decodeTimestamp, plain: (value) => plainNumber(value, 8) },
};

export interface FactInput {
  readonly reading: string;
  readonly value: string;
  /** `System.Number` of the state that the answer came from. */
  readonly number: string;
}

const rarely = fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: changes });
const hexText = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`;
const damaged = (bytes: fc.Arbitrary<Buffer>, change = changes): fc.Arbitrary<string> =>
  fc
    .record({ bytes, inBytes: change, inText: rarely })
    .map(({ bytes: whole, inBytes, inText }) => changedText(hexText(changed(whole, inBytes)), inText));
const inputs: fc.Arbitrary<FactInput> = fc.oneof(
  ...Object.entries(readings).map(([reading, { value }]) =>
    fc.record({
      reading: fc.constant(reading),
      value: damaged(value),
      number: damaged(fc.constant(proof), rarely),
    }),
  ),
);

/** The small values that are read besides orders, each with the number of the block whose state it must come from. */
export const nodeFacts: Target = target({ name: 'node-facts', inputs, judge: judgeFact });

/** Throws what is wrong with how an answer is read. */
export async function judgeFact({ reading, value, number }: FactInput): Promise<void> {
  const { decode, plain } = readings[reading] ?? {};
  const bytes = Buffer.from(
    JSON.stringify([
      {
        block: at.hash,
        changes: [
          [key, value],
          [stateProofKey, number],
        ],
      },
    ]),
  );
  const result = { bytes, isPlain: isAscii(bytes) && !bytes.includes(0x5c) };
  const connection = {
    name: 'ws://node',
    isFar: false,
    valuesAtOnce: 1,
    requestLargeAt: async <T>(_question: unknown, _ask: unknown, read: (raw: typeof result) => T): Promise<T> =>
      read(result),
  };
  const beforeBytes = value.length < MIB ? undefined : heldBytes();
  const outcome = await outcomeOf(async () => {
    const [text = null] = await new StorageValues(1).read(connection, [key], at, ask);
    return text === null ? undefined : decodedAt(connection.name, at, () => decode?.(text));
  });
  if (beforeBytes !== undefined) await mustNotGrow(beforeBytes);
  const expected = plainNumber(number, 4) === at.number ? plain?.(value) : undefined;
  mustEqual(reading, outcome.error === undefined ? outcome.value : undefined, expected);
}
