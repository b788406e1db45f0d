/** A line longer than it may be. */
export class LineTooLong extends Error {
  override readonly name = 'LineTooLong';
}

/** The lines of a stream without their ends, empty ones left out, the last one also without an end. Holds one line at a time. */
export async function* textLines(
  chunks: AsyncIterable<Uint8Array>,
  maxLineBytes: number,
): AsyncGenerator<string, void, undefined> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(0x0a, rest.length); end !== -1; end = bytes.indexOf(0x0a, start)) {
      const line = bytes.toString('utf8', start, end).trim();
      start = end + 1;
      if (line !== '') yield line;
    }
    rest = bytes.subarray(start);
    if (rest.length > maxLineBytes) throw new LineTooLong(`a line of more than ${String(maxLineBytes)} bytes`);
  }
  const line = rest.toString('utf8').trim();
  if (line !== '') yield line;
}
