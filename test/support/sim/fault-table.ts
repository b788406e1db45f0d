import { describe, expect, test } from 'vitest';
import { type FaultKind, faultKinds, type Part } from './call-desk.ts';
import { type FaultRow, storyOptions, tellFaultStory } from './fault-story.ts';
import { newWorld } from './new-world.ts';
import { SimWorld } from './sim-world.ts';

/** Lost answers of all others are to the bot what lost questions are. */
const withEffect = /POST|DELETE|pin\/add|pin\/rm|repo\/gc/u;
/** After a refusal of these the bot waits for half an hour and longer each time. */
const backedOff = ['ipfs pin/add', 'ipfs pin/rm', 'sworker POST /storage/delete'];

/** What a bot that nothing befalls asks of these parts, by `part name`. */
async function callsAsked(parts: readonly Part[]): Promise<readonly string[]> {
  const world = await SimWorld.create(storyOptions);
  try {
    await tellFaultStory(world);
    return [...world.desk.counts.keys()].filter((call) => parts.some((part) => call.startsWith(`${part} `)));
  } finally {
    await world.close();
  }
}

function rowOf(call: string, kind: FaultKind): FaultRow {
  const [part = '', ...words] = call.split(' ');
  return { part: part as Part, name: words.join(' '), kind, once: backedOff.includes(call) };
}

/** The orders' ends as they are when nothing goes wrong. */
async function usualEnd(): Promise<ReadonlyMap<string, string>> {
  const world = await SimWorld.create(storyOptions);
  try {
    await tellFaultStory(world);
    return await world.statuses();
  } finally {
    await world.close();
  }
}

/** A test for each call that the bot really makes and each way in which it can fail. */
export async function describeFaults(parts: readonly Part[]): Promise<void> {
  const calls = await callsAsked(parts);
  const usual = await usualEnd();
  describe.each(calls)('%s fails for a while', (call) => {
    const kinds = faultKinds.filter((kind) => kind !== 'answer-dropped' || withEffect.test(call));
    test.each(kinds)('by %s, and the bot ends where it would have ended without', async (kind) => {
      const world = await newWorld(storyOptions);
      const { kept, closed, lost } = await tellFaultStory(world, rowOf(call, kind));
      expect(world.desk.faultCounts.get(`${call} ${kind}`)).toBeGreaterThan(0);
      expect(world.endings).toEqual([]);
      expect(await world.statuses()).toEqual(usual);
      expect(new Set(world.watch.deletions)).toEqual(new Set([closed]));
      for (const cid of kept) expect(world.sworker.files.find(cid)?.state).toBe('valid');
      expect(world.sworker.files.find(closed)).toBeUndefined();
      expect(world.sworker.files.find(lost)?.state).toBe('lost');
      expect(world.sworker.files.pending.size).toBe(0);
      expect(world.logger.lines.filter(({ level }) => level === 'error')).toEqual([]);
    });
  });
}
