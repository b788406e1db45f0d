import { Metadata, TypeRegistry, type Vec } from '@polkadot/types';
import type { EventRecord } from '@polkadot/types/interfaces';
import { WebSocket } from 'ws';
import { crustTypes } from '../../../src/clients/chain/crust-types.ts';
import { storagePrefixes } from '../../../src/clients/chain/keys/storage-prefixes.ts';
import { answer, childInput } from '../harness/child.ts';
import { type ChildTask, measurePace } from './tasks.ts';

// What carries a catch-up: hashes and events fetched in batches, several of them under way, and every block decoded once by the field's library.

const batchBlocks = 64;
const inFlight = 4;

const { url, shape } = childInput() as ChildTask;
const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 2 ** 26 });
await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
const waiting = new Map<number, (message: unknown) => void>();
socket.on('message', (data: Buffer) => {
  const message = JSON.parse(data.toString('latin1')) as Message | Message[];
  const { id } = Array.isArray(message) ? (message[0] ?? { id: -1 }) : message;
  waiting.get(id)?.(message);
  waiting.delete(id);
});

interface Message {
  readonly id: number;
  readonly result: unknown;
}

let lastId = 0;
async function send<T>(calls: readonly [string, readonly unknown[]][]): Promise<readonly T[]> {
  const requests = calls.map(([method, params]) => ({ jsonrpc: '2.0', id: (lastId += 1), method, params }));
  const answered = new Promise<unknown>((resolve) => waiting.set(requests[0]?.id ?? -1, resolve));
  socket.send(JSON.stringify(requests));
  return ((await answered) as Message[]).map(({ result }) => result as T);
}

async function registryAt(hash: string): Promise<TypeRegistry> {
  const [metadata] = await send<`0x${string}`>([['state_getMetadata', [hash]]]);
  const registry = new TypeRegistry();
  registry.register(crustTypes);
  registry.setMetadata(new Metadata(registry, metadata), undefined, undefined, true);
  return registry;
}

async function readBatch(
  from: number,
): Promise<{ readonly hashes: readonly string[]; readonly values: readonly string[] }> {
  const count = Math.min(batchBlocks, shape.firstBlock + shape.blocks - from);
  const numbers = Array.from({ length: count }, (_, index) => from + index);
  const [hashes = []] = await send<string[]>([['chain_getBlockHash', [numbers]]]);
  const values = await send<string>(hashes.map((hash) => ['state_getStorage', [storagePrefixes.systemEvents, hash]]));
  return { hashes, values };
}

const pace = measurePace(shape.blocks);
const starts = Array.from(
  { length: Math.ceil(shape.blocks / batchBlocks) },
  (_, index) => shape.firstBlock + index * batchBlocks,
);
const reading = starts.slice(0, inFlight).map(readBatch);
let registry: TypeRegistry | undefined;
let events = 0;
let orders = 0;
for (const [index, from] of starts.entries()) {
  const batch = await reading.shift();
  if (batch === undefined) throw new Error('a batch was not asked for');
  const { hashes, values } = batch;
  const next = starts[index + inFlight];
  if (next !== undefined) reading.push(readBatch(next));
  for (const [at, value] of values.entries()) {
    const block = from + at;
    // The runtime of the parent's state; the two are known beforehand, which no bot knows.
    if (registry === undefined || block === shape.upgradeBlock + 1)
      registry = await registryAt(block === shape.firstBlock ? (hashes[at] ?? '') : hashBefore(hashes, at));
    const records = registry.createType<Vec<EventRecord>>('Vec<EventRecord>', Buffer.from(value.slice(2), 'hex'));
    events += records.length;
    for (const { event } of records) if (event.section === 'market' && event.method === 'FileSuccess') orders += 1;
  }
}
const measured = pace();
socket.close();
await answer({ ...measured, events, orders });

/** In the first block of a batch its own hash does: the upgrade is in its state too. */
function hashBefore(hashes: readonly string[], at: number): string {
  return hashes[Math.max(0, at - 1)] ?? '';
}
