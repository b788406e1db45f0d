import { z } from 'zod';
import { SmError } from '../../../domain/errors.ts';
import type { BlockRef } from '../ask.ts';
import { badAnswer, checked, headerSchema } from '../connection/answers.ts';

const METHOD = 'chain_getBlock';
// Of dozens of extrinsics one or two are read, and those are checked where they are: a pattern over all of them costs more than reading the two.
const bodySchema = z.object({ block: z.object({ header: headerSchema, extrinsics: z.array(z.string()) }) }).nullable();

/** The extrinsics of a block's body, unchecked hex each. */
export function bodyOf(endPoint: string, block: BlockRef, answer: unknown): readonly string[] {
  const body = checked(bodySchema, endPoint, METHOD, answer);
  if (body === null) {
    const data = { endPoint, method: METHOD, block: block.number, blockHash: block.hash };
    throw new SmError('CHAIN_STATE_PRUNED', 'The chain node does not have the body of this block', data);
  }
  const { header, extrinsics } = body.block;
  if (header.number !== block.number) throw badAnswer(endPoint, METHOD, 'block.header.number', header.number);
  return extrinsics;
}
