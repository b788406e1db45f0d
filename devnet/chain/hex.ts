/** `0x` and lower-case hexadecimal. */
export type Hex = `0x${string}`;

export function toHex(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`;
}

/** Throws on anything that is not whole bytes of hexadecimal behind `0x`. */
export function fromHex(hex: string): Uint8Array {
  if (!/^0x([0-9a-f]{2})*$/i.test(hex)) throw new TypeError(`not a hexadecimal value: ${hex.slice(0, 80)}`);
  return new Uint8Array(Buffer.from(hex.slice(2), 'hex'));
}
