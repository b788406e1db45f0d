import { childInput } from '../harness/child.ts';
import type { ChainReply, ChainRequest } from './bench-chain.ts';
import { BenchServer } from './bench-server.ts';
import type { BenchChainOptions } from './bench-world.ts';

// The chain of a bench, in a process of its own: it ends when the bench ends or lets go of it.

const server = await BenchServer.listen(childInput() as BenchChainOptions);
const reply = (message: ChainReply): void => void process.send?.(message);

process.on('message', (message) => {
  const request = message as ChainRequest;
  if (request.latencyMs !== undefined) server.latencyMs = request.latencyMs;
  if (request.blockMs !== undefined) server.setBlockMs(request.blockMs);
  if (request.day !== undefined) server.goTo(request.day);
  const { user, system } = process.cpuUsage();
  reply({
    counters: server.takeCounters(),
    rssMaxMiB: process.resourceUsage().maxRSS / 1024,
    cpuMs: (user + system) / 1000,
  });
});
process.on('disconnect', () => void server.close());
reply({ url: server.url });
