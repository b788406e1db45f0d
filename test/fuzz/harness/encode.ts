/** Little-endian bytes of a number. */
export function littleEndian(value: bigint, bytes: number): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * bytes, '0'), 'hex').reverse();
}

/** SCALE's compact form of a number. */
export function compact(value: bigint): Buffer {
  if (value < 2n ** 6n) return littleEndian(value << 2n, 1);
  if (value < 2n ** 14n) return littleEndian((value << 2n) | 1n, 2);
  if (value < 2n ** 30n) return littleEndian((value << 2n) | 2n, 4);
  const bytes = Math.ceil(value.toString(16).length / 2);
  return Buffer.concat([Buffer.of(((bytes - 4) << 2) | 3), littleEndian(value, bytes)]);
}

export interface EncodedOrder {
  readonly size: bigint;
  readonly expiry: number;
  readonly calculated: number;
  readonly amount: bigint;
  readonly prepaid: bigint;
  readonly replicas: number;
}

/** A `FileInfoV2` as the chain keeps it. */
export function orderValue({ size, expiry, calculated, amount, prepaid, replicas }: EncodedOrder): string {
  const replica = (index: number): Buffer =>
    Buffer.concat([
      Buffer.alloc(32, index + 1),
      Buffer.alloc(32, 255 - index),
      littleEndian(7n, 4),
      compact(64n),
      Buffer.alloc(64, 9),
      Buffer.of(1, index % 2),
      Buffer.alloc(index % 2 === 0 ? 0 : 4),
    ]);
  const bytes = Buffer.concat([
    littleEndian(size, 8),
    littleEndian(11n, 8),
    littleEndian(BigInt(expiry), 4),
    littleEndian(BigInt(calculated), 4),
    compact(amount),
    compact(prepaid),
    littleEndian(BigInt(replicas), 4),
    littleEndian(4n, 4),
    compact(BigInt(replicas)),
    ...Array.from({ length: replicas }, (_, index) => replica(index)),
  ]);
  return `0x${bytes.toString('hex')}`;
}
