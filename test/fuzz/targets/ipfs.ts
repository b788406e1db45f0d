import * as fc from 'fast-check';
import { IpfsClient } from '../../../src/clients/ipfs/ipfs-client.ts';
import { SystemClock } from '../../../src/runtime/clock.ts';
import { Answering, endPoint, pieces } from '../harness/answering.ts';
import { Finding } from '../harness/finding.ts';
import { mustEqual, outcomeOf } from '../harness/judge.ts';
import { changed, changes } from '../harness/mutation.ts';
import { mustBePlain } from '../harness/terminal.ts';
import { type Target, target } from '../harness/target.ts';
import { TransportServer } from '../harness/transport-server.ts';

const cid = 'QmYgarKsmU3ZoiZuuRaMse72wNnUKrGs76ufW8Gh5dyjNn';
const other = 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi';
const going = new AbortController().signal;
const clock = new SystemClock();
const server = await TransportServer.start();
const refusal = '{"Message":"pin: Start Seal error code is: 500","Code":0,"Type":"error"}';
const bodies: readonly string[] = [
  '{"Pins":null}\n{"Pins":null,"Progress":5}\n{"Pins":null,"Progress":90}\n',
  `{"Progress":12}\n{"Pins":["${cid}"]}\n`,
  `{"Progress":12}\n${refusal}\n`,
  refusal,
  `{"Cid":"${cid}","Type":"recursive"}\n{"Cid":"${other}","Type":"recursive"}\n`,
  `{"Keys":{"${cid}":{"Type":"recursive"}}}`,
  `{"Key":{"/":"${cid}"}}\n{"Error":"could not remove","Key":{"/":"${cid}"}}\n`,
  '{"RepoSize":123456,"StorageMax":18446744073709551615,"NumObjects":0}',
  '{"ID":"12D3KooW","AgentVersion":"kubo/0.30.0/","Addresses":null}',
  '{"Version":"0.8.0","Commit":"","Repo":"11"}',
  '{"Message":"path is not pinned","Code":0,"Type":"error"}',
];

const readings: Readonly<Record<string, (client: IpfsClient) => Promise<unknown>>> = {
  pinAdd: async (client) => await client.pinAdd(cid, { signal: going, onProgress: mustCount }),
  isPinned: async (client) => await client.isPinned(cid, going),
  pinnedRoots: async (client) => {
    const roots: string[] = [];
    for await (const root of client.pinnedRoots(going)) roots.push(root);
    return roots;
  },
  pinRemove: async (client) => await client.pinRemove(cid, going),
  collectGarbage: async (client) => await client.collectGarbage(going),
  repoSize: async (client) => await client.repoSize(going),
  identity: async (client) => await client.identity(going),
  version: async (client) => await client.version(going),
};

/** Answers of the IPFS daemon, whatever was asked. */
export const ipfs: Target = target({
  name: 'ipfs',
  inputs: fc.record({
    reading: fc.constantFrom(...Object.keys(readings)),
    body: fc.constantFrom(...bodies),
    status: fc.oneof(
      { weight: 6, arbitrary: fc.constant(200) },
      { weight: 2, arbitrary: fc.constantFrom(500, 400, 404, 502, 204) },
    ),
    pieceBytes: fc.constantFrom(1, 7, 65_536),
    trailer: fc.oneof(
      { weight: 5, arbitrary: fc.constant('') },
      { weight: 1, arbitrary: fc.constantFrom('pin: Seal error code is: 500', '\u001b[31mno', 'context canceled') },
    ),
    changes,
  }),
  judge: async ({ reading, body, status, pieceBytes, trailer, changes: list }) => {
    const bytes = changed(Buffer.from(body), list);
    const parts = pieces(bytes, bytes.length > 10_000 ? 65_536 : pieceBytes);
    const transport = new Answering({ status, body: parts, trailers: { 'x-stream-error': trailer } });
    const outcome = await outcomeOf(
      async () =>
        await server.during(transport, async (url) => {
          const client = new IpfsClient({ endPoint: endPoint(url), transport, clock });
          return await readings[reading]?.(client);
        }),
    );
    if (outcome.error === undefined) judgeValue({ reading, status, trailer, value: outcome.value, bytes });
  },
});

function mustCount(blocks: number): void {
  if (!Number.isFinite(blocks) || blocks < 0) throw new Finding(`a progress of ${blocks} blocks`);
}

interface Told {
  readonly reading: string;
  readonly status: number;
  readonly trailer: string;
  readonly value: unknown;
  readonly bytes: Buffer;
}

function judgeValue(told: Told): void {
  const { reading, status, value, bytes } = told;
  const isRefused = field(value, 'kind') === 'refused' || value === false || value === 'not-pinned';
  if (isRefused) {
    if (field(value, 'message') !== undefined) mustBePlain('a refusal', String(field(value, 'message')));
    return;
  }
  if (status !== 200) throw new Finding(`a value out of HTTP ${status}`);
  if (reading === 'isPinned') {
    // The first pin is the answer: what follows is not read.
    if (!textLines(bytes).some(isPin)) throw new Finding('pinned without the word of the daemon');
    return;
  }
  const lines = linesOf(bytes);
  if (reading === 'pinAdd') judgePinned(told, lines);
  if (reading === 'pinnedRoots') mustEqual('the roots', value, lines.flatMap(rootsOf));
  if (reading === 'repoSize') {
    const { RepoSize } = lines[0] as { RepoSize: number };
    mustEqual('the size', field(value, 'sizeBytes'), RepoSize);
  }
}

function judgePinned({ trailer }: Told, lines: readonly unknown[]): void {
  const failed = lines.some((line) => typeof field(line, 'Message') === 'string' && field(line, 'Type') === 'error');
  const pins = lines.flatMap((line) => field(line, 'Pins') ?? []);
  if (failed || trailer !== '' || pins.length === 0) throw new Finding('pinned without the word of the daemon');
}

function textLines(bytes: Buffer): string[] {
  return bytes
    .toString('utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function linesOf(bytes: Buffer): unknown[] {
  return textLines(bytes).map((line): unknown => JSON.parse(line));
}

function isPin(line: string): boolean {
  try {
    return rootsOf(JSON.parse(line)).length > 0;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function rootsOf(line: unknown): string[] {
  const one = field(line, 'Cid');
  return typeof one === 'string' ? [one] : Object.keys(field(line, 'Keys') ?? {});
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
}
