import { z } from 'zod';
import type { BlockRef } from '../ask.ts';
import { badAnswer, checked, headerSchema } from '../connection/answers.ts';

const METHOD = 'chain_getBlock';
// Of dozens of extrinsics one or two are read, and those are checked where they are: a pattern over all of them costs more than reading the two.
const bodySchema = z.object({ block: z.object({ header: headerSchema, extrinsics: z.array(z.string()) }) });

/** The extrinsics of a block's body, unchecked hex each. */
export function bodyOf(endPoint: string, block: BlockRef, answer: unknown): readonly string[] {
  // Null too: a node throws states away before bodies, and one that told the block's events must have it.
  const { header, extrinsics } = checked(bodySchema, endPoint, METHOD, answer).block;
  if (header.number !== block.number) throw badAnswer(endPoint, METHOD, 'block.header.number', header.number);
  return extrinsics;
}
