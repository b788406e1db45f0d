import * as fc from 'fast-check';
import { CoordinatorClient } from '../../../src/clients/coordinator/coordinator-client.ts';
import { IpfsClient } from '../../../src/clients/ipfs/ipfs-client.ts';
import { SworkerClient } from '../../../src/clients/sworker/sworker-client.ts';
import { Secret } from '../../../src/config/secret.ts';
import { isAbort, SmError } from '../../../src/domain/errors.ts';
import { KIB, MIB } from '../../../src/domain/units.ts';
import { SystemClock } from '../../../src/runtime/clock.ts';
import { Answering, endPoint } from '../harness/answering.ts';
import { Finding } from '../harness/finding.ts';
import { judgeError } from '../harness/judge.ts';
import { grownBeyond, heldBytes } from '../harness/memory.ts';
import { type Target, target } from '../harness/target.ts';

const pieceBytes = 64 * KIB;
/** Behind so much an answer has shown what it does; then the call is aborted, as a stall would. */
const toldBytes = 96 * MIB;
const looks = 4;

const cid = 'QmYgarKsmU3ZoiZuuRaMse72wNnUKrGs76ufW8Gh5dyjNn';
const heads = ['', '{', '{"Pins":["', '{"valid":{"', '['];
const units = ['{"Progress":1}\n', '\n', 'a', '[', '{"a":', '"', '\\', '\u001b[31m', `"${cid}":{"size":1,"s_size":2},`, `{"Cid":"${cid}","Type":"recursive"}\n`, ' ', '\u0000', '\u00e9'];

type Call = (transport: Answering, signal: AbortSignal) => Promise<unknown>;

const clock = new SystemClock();
const sworker = (transport: Answering): SworkerClient => new SworkerClient({ endPoint: endPoint('http://sworker:1'), transport, clock });
const ipfs = (transport: Answering): IpfsClient => new IpfsClient({ endPoint: endPoint('http://ipfs:1'), transport, clock });
const coordinator = (transport: Answering): CoordinatorClient =>
  new CoordinatorClient({ endPoint: endPoint('http://coordinator:1'), transport, clock, nodeUuid: 'n', authToken: new Secret('token') });

async function drained(items: AsyncIterable<unknown>): Promise<void> {
  for await (const item of items) if (item === null) throw new Finding('nothing in a list');
}

/** Every call whose answer may have a body. */
export const calls: Readonly<Record<string, Call>> = {
  'sworker.workload': async (transport, signal) => await sworker(transport).workload(signal),
  'sworker.fileInfo': async (transport, signal) => await sworker(transport).fileInfo(cid, signal),
  'sworker.pendingFiles': async (transport, signal) => await sworker(transport).pendingFiles(signal),
  'sworker.lostFiles': async (transport, signal) => await drained(sworker(transport).lostFiles(signal)),
  'sworker.validFiles': async (transport, signal) => await drained(sworker(transport).validFiles(signal)),
  'sworker.deleteFile': async (transport, signal) => await sworker(transport).deleteFile(cid, signal),
  'sworker.endSeal': async (transport, signal) => await sworker(transport).endSeal(cid, signal),
  'sworker.idInfo': async (transport, signal) => await sworker(transport).idInfo(signal),
  'ipfs.pinAdd': async (transport, signal) => await ipfs(transport).pinAdd(cid, { signal, onProgress: () => undefined }),
  'ipfs.isPinned': async (transport, signal) => await ipfs(transport).isPinned(cid, signal),
  'ipfs.pinnedRoots': async (transport, signal) => await drained(ipfs(transport).pinnedRoots(signal)),
  'ipfs.pinRemove': async (transport, signal) => await ipfs(transport).pinRemove(cid, signal),
  'ipfs.collectGarbage': async (transport, signal) => await ipfs(transport).collectGarbage(signal),
  'ipfs.repoSize': async (transport, signal) => await ipfs(transport).repoSize(signal),
  'ipfs.identity': async (transport, signal) => await ipfs(transport).identity(signal),
  'ipfs.version': async (transport, signal) => await ipfs(transport).version(signal),
  'coordinator.ping': async (transport, signal) => await coordinator(transport).ping(signal),
  'coordinator.requestSeal': async (transport, signal) => await coordinator(transport).requestSeal(cid, signal),
  'coordinator.withdrawSeal': async (transport, signal) => await coordinator(transport).withdrawSeal(cid, signal),
};

/** Answers without an end: they are given up, or read on without taking room. */
export const endless: Target = target({
  name: 'endless',
  maxRunMs: 20_000,
  inputs: fc.record({ call: fc.constantFrom(...Object.keys(calls)), status: fc.constantFrom(200, 200, 200, 500), head: fc.constantFrom(...heads), unit: fc.constantFrom(...units) }),
  judge: async ({ call, status, head, unit }) => {
    const abort = new AbortController();
    const beforeBytes = heldBytes();
    const body = endlessly(Buffer.from(head), Buffer.from(unit), abort, () => grownBeyond(beforeBytes));
    try {
      await calls[call]?.(new Answering({ status, body }), abort.signal);
      // A refusal may be cut off and told.
    } catch (error) {
      if (error instanceof SmError) judgeError(error);
      else if (!isAbort(error) || !abort.signal.aborted) throw error;
    }
    grownBeyond(beforeBytes);
  },
});

async function* endlessly(head: Buffer, unit: Buffer, abort: AbortController, look: () => void): AsyncGenerator<Uint8Array, void, undefined> {
  const piece = Buffer.alloc(pieceBytes, unit);
  yield head;
  for (let told = 0; told < toldBytes; told += pieceBytes) {
    if (told % (toldBytes / looks) === 0) look();
    yield piece;
  }
  look();
  abort.abort();
  abort.signal.throwIfAborted();
}
