import { childInput } from '../harness/child.ts';
import { Walker } from '../scan/walker.ts';
import type { BotInput, WalkReply, WalkRequest } from './measured.ts';

// The bot's side of the later scans: one process walks again and again, as the bot does, whenever it is told to.

const { dataDir, url } = childInput() as BotInput;
const walker = await Walker.open(dataDir, url);
const signal = new AbortController().signal;

async function walk({ refreshBlocks }: WalkRequest): Promise<void> {
  const { walk: found, ms } = await walker.walk({ refreshBlocks }, signal);
  const rssMaxMiB = process.resourceUsage().maxRSS / 1024;
  process.send?.({ ms, keys: found.orders, rssMaxMiB } satisfies WalkReply);
}

process.on('message', (request: WalkRequest) => void walk(request));
process.on('disconnect', () => void walker.close());
