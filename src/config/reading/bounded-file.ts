import { createReadStream } from 'node:fs';

/** A file larger than what it stands for can be. */
export class FileTooLarge extends Error {
  override readonly name = 'FileTooLarge';
  readonly code = 'EFBIG';
}

/** The bytes of a file of at most `maxBytes`: a name may lead to a device that never ends. */
export async function readBounded(file: string, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  const stream: AsyncIterable<Buffer> = createReadStream(file, { end: maxBytes });
  for await (const part of stream) {
    parts.push(part);
    sizeBytes += part.length;
  }
  if (sizeBytes > maxBytes) throw new FileTooLarge(`more than ${maxBytes} bytes`);
  return Buffer.concat(parts);
}
