import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { request } from 'undici';
import type { AddedFile } from './embedded/embedded-node.ts';
import { type PlainNodeOptions, startPlainNode } from './plain-node.ts';
import { seededChunks } from './seeded-bytes.ts';

interface AddFileOptions {
  /** 0 unless told: `Qm…`. 1 gives `baf…` with raw leaves. */
  readonly cidVersion?: 0 | 1;
}

/** The node that holds what customers order. */
export interface Customers {
  readonly apiUrl: string;
  /** What the bot's node connects to. */
  readonly address: string;
  /** Adds and pins bytes or the file at a path. */
  addFile(source: Uint8Array | string, options?: AddFileOptions): Promise<AddedFile>;
  /** Adds a file whose content depends on `seed` and its size alone. */
  addSeededFile(seed: string, sizeBytes: number, options?: AddFileOptions): Promise<AddedFile>;
  stop(): Promise<void>;
}

export async function startCustomers(options: PlainNodeOptions): Promise<Customers> {
  const node = await startPlainNode(options);
  return {
    apiUrl: node.apiUrl,
    address: node.address,
    addFile: (source, addOptions) =>
      add(node.apiUrl, typeof source === 'string' ? createReadStream(source) : [source], addOptions),
    addSeededFile: (seed, sizeBytes, addOptions) => add(node.apiUrl, seededChunks(seed, sizeBytes), addOptions),
    stop: () => node.stop(),
  };
}

const BOUNDARY = 'smanager-devnet-file-boundary';

/** One file part of multipart form data, streamed. */
async function* multipart(content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const head = 'Content-Disposition: form-data; name="file"; filename="file"\r\nContent-Type: application/octet-stream';
  yield Buffer.from(`--${BOUNDARY}\r\n${head}\r\n\r\n`);
  yield* content;
  yield Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
}

async function add(
  apiUrl: string,
  content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { cidVersion = 0 }: AddFileOptions = {},
): Promise<AddedFile> {
  const query = `progress=false&cid-version=${cidVersion}&raw-leaves=${cidVersion === 1}`;
  const answer = await request(`${apiUrl}/add?${query}`, {
    method: 'POST',
    headers: { 'Content-Type': `multipart/form-data; boundary=${BOUNDARY}` },
    body: Readable.from(multipart(content)),
  });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`add answered ${answer.statusCode}: ${text}`);
  const { Hash, Size } = JSON.parse(text) as { Hash: string; Size: string };
  return { cid: Hash, sizeBytes: Number(Size) };
}
