/** An input in printable ASCII: bytes as hex, the rest as JSON. */
export function shown(input: unknown): string {
  const text = JSON.stringify(input, (_, value: unknown) => {
    if (value instanceof Uint8Array) return `hex:${Buffer.from(value).toString('hex')}`;
    if (typeof value === 'bigint') return `${value}n`;
    return isBufferJson(value) ? `hex:${Buffer.from(value.data).toString('hex')}` : value;
  });
  return (text ?? 'nothing').replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A buffer has become this before a replacer sees it. */
function isBufferJson(value: unknown): value is { readonly type: 'Buffer'; readonly data: number[] } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer' && 'data' in value;
}
