import { accountOf } from '../../../src/domain/account.ts';
import { answer, childInput } from '../harness/child.ts';
import { benchGroup, benchGroupFacts, DAY_BLOCKS } from '../chain/bench-world.ts';
import { FollowedEvents } from './followed-events.ts';
import type { BotInput, BotOutput } from './measured.ts';
import { urgentReads } from './urgent-reads.ts';
import { Walker } from './walker.ts';

// The bot's side of the scan: a first walk from an empty database to the end, in a process of its own.

const { dataDir, url, meanwhile } = childInput() as BotInput;
const signal = new AbortController().signal;
const walker = await Walker.open(dataDir, url);
const refreshBlocks = 7 * DAY_BLOCKS;
const view = { owner: benchGroupFacts(0, 0).owner, account: accountOf(benchGroup.accountHex) };
const events = meanwhile === null ? undefined : await FollowedEvents.begin(walker.parts, url, meanwhile.blockMs);
const reads = events === undefined ? undefined : await urgentReads(walker.chain, view);
events?.count();
const cpuBefore = process.cpuUsage();
const { walk, ms } = await walker.walk({ refreshBlocks }, signal);
const { user, system } = process.cpuUsage(cpuBefore);
const output: BotOutput = { ms, cpuMs: (user + system) / 1000, orders: walk.orders };
const waits = await reads?.stop();
const followed = await events?.stop();
await walker.close();
await answer(waits === undefined || followed === undefined ? output : { ...output, meanwhile: { waits, ...followed } });
