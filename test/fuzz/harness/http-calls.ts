import { CoordinatorClient } from '../../../src/clients/coordinator/coordinator-client.ts';
import type { HttpTransport } from '../../../src/clients/http/transport.ts';
import { IpfsClient } from '../../../src/clients/ipfs/ipfs-client.ts';
import { SworkerClient } from '../../../src/clients/sworker/sworker-client.ts';
import { Secret } from '../../../src/config/secret.ts';
import type { Clock } from '../../../src/runtime/clock.ts';
import { endPoint } from './answering.ts';
import { sendReport } from './telemetry-report.ts';
import { TransportServer } from './transport-server.ts';

interface Outside {
  readonly transport: HttpTransport;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const cid = 'QmYgarKsmU3ZoiZuuRaMse72wNnUKrGs76ufW8Gh5dyjNn';

const sworker = (outside: Outside): SworkerClient =>
  new SworkerClient({ endPoint: endPoint('http://sworker:1'), ...outside });
const ipfs = (outside: Outside, url = 'http://ipfs:1'): IpfsClient =>
  new IpfsClient({ endPoint: endPoint(url), ...outside });
const server = await TransportServer.start();
const coordinator = (outside: Outside): CoordinatorClient =>
  new CoordinatorClient({
    endPoint: endPoint('http://coordinator:1'),
    nodeUuid: 'node',
    authToken: new Secret('a token'),
    ...outside,
  });

async function countOf(items: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const item of items) count += item === undefined ? 0 : 1;
  return count;
}

/** Every call that the bot makes over HTTP, as `client.method`. */
export const httpCalls: Readonly<Record<string, (outside: Outside) => Promise<unknown>>> = {
  'sworker.workload': async (outside) => await sworker(outside).workload(outside.signal),
  'sworker.fileInfo': async (outside) => await sworker(outside).fileInfo(cid, outside.signal),
  'sworker.pendingFiles': async (outside) => await sworker(outside).pendingFiles(outside.signal),
  'sworker.lostFiles': async (outside) => await countOf(sworker(outside).lostFiles(outside.signal)),
  'sworker.validFiles': async (outside) => await countOf(sworker(outside).validFiles(outside.signal)),
  'sworker.deleteFile': async (outside) => await sworker(outside).deleteFile(cid, outside.signal),
  'sworker.endSeal': async (outside) => await sworker(outside).endSeal(cid, outside.signal),
  'sworker.idInfo': async (outside) => await sworker(outside).idInfo(outside.signal),
  'ipfs.pinAdd': async (outside) =>
    await ipfs(outside).pinAdd(cid, { signal: outside.signal, onProgress: () => undefined }),
  'ipfs.pinAgain': async (outside) => await ipfs(outside).pinAgain(cid, outside.signal),
  'ipfs.isPinned': async (outside) =>
    await server.during(outside.transport, async (url) => await ipfs(outside, url).isPinned(cid, outside.signal)),
  'ipfs.pinnedRoots': async (outside) => await countOf(ipfs(outside).pinnedRoots(outside.signal)),
  'ipfs.pinRemove': async (outside) =>
    await server.during(outside.transport, async (url) => await ipfs(outside, url).pinRemove(cid, outside.signal)),
  'ipfs.collectGarbage': async (outside) => await ipfs(outside).collectGarbage(outside.signal),
  'ipfs.repoSize': async (outside) => await ipfs(outside).repoSize(outside.signal),
  'ipfs.identity': async (outside) => await ipfs(outside).identity(outside.signal),
  'ipfs.version': async (outside) => await ipfs(outside).version(outside.signal),
  'coordinator.ping': async (outside) => await coordinator(outside).ping(outside.signal),
  'coordinator.requestSeal': async (outside) => await coordinator(outside).requestSeal(cid, outside.signal),
  'coordinator.withdrawSeal': async (outside) => await coordinator(outside).withdrawSeal(cid, outside.signal),
  'telemetry.run': async (outside) => await sendReport(outside),
};
