import { onTestFinished } from 'vitest';
import { UndiciTransport } from '../../../src/clients/http/undici-transport.ts';
import { IpfsClient } from '../../../src/clients/ipfs/ipfs-client.ts';
import type { EndPoint } from '../../../src/config/end-point.ts';
import { type Clock, SystemClock } from '../../../src/runtime/clock.ts';

export const cid = 'QmY3yV46Kj4kySVUky35jhZFCwsebHm9GD9oVD4UzrqmsV';
export const going = new AbortController().signal;

export function clientOf(endPoint: EndPoint, clock: Clock = new SystemClock()): IpfsClient {
  const client = new IpfsClient({ endPoint, transport: new UndiciTransport(endPoint), clock });
  onTestFinished(async () => client.close());
  return client;
}
