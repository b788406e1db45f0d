import type { IncomingMessage } from 'node:http';

/** Reads a whole request body; rejects when the client goes away or the body exceeds `limitBytes`. */
export async function readBody(request: IncomingMessage, limitBytes = 500 * 1024 * 1024): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > limitBytes) throw new Error(`request body is larger than ${limitBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
