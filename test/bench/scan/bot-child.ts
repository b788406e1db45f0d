import { accountOf } from '../../../src/domain/account.ts';
import { answer, childInput } from '../harness/child.ts';
import { benchGroup, benchGroupFacts, DAY_BLOCKS } from '../chain/bench-world.ts';
import type { BotInput, BotOutput } from './measured.ts';
import { urgentReads } from './urgent-reads.ts';
import { Walker } from './walker.ts';

// The bot's side of the scan: a first walk from an empty database to the end, in a process of its own.

const { dataDir, url, urgent } = childInput() as BotInput;
const signal = new AbortController().signal;
const walker = await Walker.open(dataDir, url);
const refreshBlocks = 7 * DAY_BLOCKS;
const view = { owner: benchGroupFacts(0, 0).owner, account: accountOf(benchGroup.accountHex) };
const reads = urgent ? await urgentReads(walker.chain, view) : undefined;
const cpuBefore = process.cpuUsage();
const { walk, ms } = await walker.walk({ refreshBlocks }, signal);
const { user, system } = process.cpuUsage(cpuBefore);
const waits = await reads?.stop();
await walker.close();
await answer({ ms, cpuMs: (user + system) / 1000, orders: walk.orders, waits } satisfies BotOutput);
