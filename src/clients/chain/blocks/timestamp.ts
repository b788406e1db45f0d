import { HexReader } from '../scale/hex-reader.ts';

/** Unix ms from `Timestamp.Now`. */
export function decodeTimestamp(value: string): number {
  const reader = new HexReader(value, 'Timestamp.Now');
  const timestampMs = reader.u64Capped('Timestamp.Now');
  reader.end('Timestamp.Now');
  return timestampMs;
}
