import { z } from 'zod';
import type { Workload } from '../../domain/facts.ts';
import { GIB } from '../../domain/units.ts';

const digits = z.string().regex(/^\s*\d+(?:\.\d+)?\s*$/u);

/** A count or a size: sWorker prints some as numbers and some as decimal text. */
const amount = z
  .union([z.number(), digits.transform(Number)], { error: 'expected a number' })
  .refine((value) => value >= 0, { error: 'expected a number that is not negative' })
  .refine((value) => value <= Number.MAX_SAFE_INTEGER, { error: 'expected a number that can be' });

/** In bytes it is still exact. */
const mostGib = Number.MAX_SAFE_INTEGER / GIB;

/** GiB of a disk. A remaining task can be negative while SRD is being given up. */
const gib = z
  .union(
    [
      z.number(),
      z
        .string()
        .regex(/^\s*-?\d+(?:\.\d+)?\s*$/u)
        .transform(Number),
    ],
    {
      error: 'expected a number of GiB',
    },
  )
  .refine((value) => Math.abs(value) <= mostGib, { error: 'expected a number of GiB that a disk can have' });

const tally = z.object({ num: amount, size: amount }).transform(({ num, size }) => ({ num, sizeBytes: size }));

export const workloadAnswer: z.ZodType<Workload> = z.object({
  files: z.object({ lost: tally, pending: tally, valid: tally }),
  srd: z
    .object({
      srd_complete: gib,
      srd_remaining_task: gib,
      disk_available_for_srd: gib,
      disk_available: gib,
      disk_volume: gib,
      sys_disk_available: gib,
      // Null is how sWorker's JSON writer prints an empty map.
      srd_detail: z.record(z.string(), z.unknown()).nullish(),
    })
    .transform((srd) => ({
      srdCompleteGib: srd.srd_complete,
      srdRemainingTaskGib: srd.srd_remaining_task,
      diskAvailableForSrdGib: srd.disk_available_for_srd,
      diskAvailableGib: srd.disk_available,
      diskVolumeGib: srd.disk_volume,
      sysDiskAvailableGib: srd.sys_disk_available,
      srdVolumeCount: Object.keys(srd.srd_detail ?? {}).length,
    })),
});

export const heldFileAnswer = z.object({ size: amount, s_size: amount.optional() });
export const pendingFileAnswer = z.object({ sealed_size: amount });
export const fileTypeAnswer = z.object({ type: z.enum(['valid', 'lost', 'pending']).optional() });

export const identityAnswer = z
  .object({
    pub_key: z.string(),
    mrenclave: z.string(),
    account: z.string(),
    version: z.string(),
    sworker_version: z.string(),
  })
  .transform((answer) => ({
    account: answer.account,
    version: answer.version,
    sworkerVersion: answer.sworker_version,
    publicKey: answer.pub_key,
    mrenclave: answer.mrenclave,
  }));

/** What stands in every answer that is not a file list: for most routes the HTTP status, for the seal routes a code of sWorker's own, 0 = ok. */
export const statusAnswer = z.object({
  status_code: z.union([z.number(), digits.transform(Number)], { error: 'expected a status code' }),
  message: z.string().optional(),
});
