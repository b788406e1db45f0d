import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { childInput } from '../harness/child.ts';
import { cidOf, type Moment, placeOf, ranges, sizeOf, type World } from './world.ts';

// sWorker's lists, streamed from a process of its own. `GET /moment?is=…` sets what has happened to the files.

const chunkBytes = 64 * 1024;

class Chunks {
  readonly #chunks: Buffer[] = [];
  #text = '{';

  add(entryText: string): void {
    this.#text += this.#text === '{' && this.#chunks.length === 0 ? entryText : `,${entryText}`;
    if (this.#text.length < chunkBytes) return;
    this.#chunks.push(Buffer.from(this.#text, 'latin1'));
    this.#text = '';
  }

  end(): readonly Buffer[] {
    return [...this.#chunks, Buffer.from(`${this.#text}}`, 'latin1')];
  }
}

const world = childInput() as World;
const { pending, found } = ranges(world);
let moment: Moment = 'before';
let lists = listsOf(moment);

interface Lists {
  readonly valid: readonly Buffer[];
  readonly lost: readonly Buffer[];
  /** The answers about files by name; every other one is valid. */
  readonly places: ReadonlyMap<string, 'lost' | 'none'>;
}

function listsOf(now: Moment): Lists {
  const places = new Map<string, 'lost' | 'none'>();
  const valid = new Chunks();
  const lost = new Chunks();
  for (let index = 0; index < world.held; index += 1) {
    const place = placeOf(index, world, now);
    if (place !== 'none') (place === 'valid' ? valid : lost).add(entry(index));
    if (place !== 'valid') places.set(cidOf(index), place);
  }
  if (now !== 'before') for (let index = found.from; index < found.to; index += 1) valid.add(entry(index));
  return { valid: valid.end(), lost: lost.end(), places };
}

/** The three numbers as sWorker prints them. */
function entry(index: number): string {
  const size = sizeOf(index);
  return `"${cidOf(index)}":{"c_block_num":${19_000_000 + (index % 999_983)},"s_size":${size + 1024},"size":${size}}`;
}

function pendingList(): Buffer {
  const entries: string[] = [];
  for (let index = pending.from; index < pending.to; index += 1)
    entries.push(`"${cidOf(index)}":{"sealed_size":"${sizeOf(index)}","used_time":"2s"}`);
  return Buffer.from(`{${entries.join(',')}}`, 'latin1');
}

async function send(response: ServerResponse, status: number, chunks: readonly Buffer[]): Promise<void> {
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  response.writeHead(status, { 'Content-Type': 'application/text', 'Content-Length': length });
  for (const chunk of chunks) if (!response.write(chunk) && !response.destroyed) await once(response, 'drain');
  response.end();
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '', 'http://here');
  const json = (status: number, body: unknown) => send(response, status, [Buffer.from(JSON.stringify(body))]);
  switch (url.pathname.replace('/api/v0', '')) {
    case '/moment':
      moment = url.searchParams.get('is') as Moment;
      lists = listsOf(moment);
      return await json(200, {});
    case '/file/info_by_type': {
      const type = url.searchParams.get('type');
      if (type === 'pending') return await send(response, 200, [pendingList()]);
      return await send(response, 200, type === 'lost' ? lists.lost : lists.valid);
    }
    case '/file/info': {
      const cid = url.searchParams.get('cid') ?? '';
      const place = lists.places.get(cid) ?? 'valid';
      if (place === 'none') return await json(404, { status_code: 404, message: 'File not found.' });
      return await json(200, { [cid]: { size: 1, s_size: 1, c_block_num: 1, type: place } });
    }
    default:
      return await json(400, { status_code: 400, message: 'Unknown request target' });
  }
}

const server = createServer((request, response) => void serve(request, response));
// sWorker keeps a connection for hours.
server.keepAliveTimeout = 0;
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.send?.({ port: (server.address() as AddressInfo).port });
process.once('disconnect', () => process.exit());
