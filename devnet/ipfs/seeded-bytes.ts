import { createCipheriv, createHash } from 'node:crypto';

const CHUNK_BYTES = 1024 * 1024;

/** `sizeBytes` incompressible bytes that depend on `seed` alone, a MiB at a time. */
export function* seededChunks(seed: string, sizeBytes: number): Generator<Uint8Array> {
  const key = createHash('sha256').update(seed).digest();
  const stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  for (let left = sizeBytes; left > 0; left -= CHUNK_BYTES) {
    yield stream.update(Buffer.alloc(Math.min(left, CHUNK_BYTES)));
  }
}

export function seededBytes(seed: string, sizeBytes: number): Uint8Array {
  return Buffer.concat([...seededChunks(seed, sizeBytes)]);
}
