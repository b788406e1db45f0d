/**
 * The index of the group member that a file belongs to: N mod `members`, where N is the number that "f" + hex of the CID's bytes reads as in base 16
 * (the multibase letter counts as a digit). Other smanagers in a group reckon the same, so it must be exact; a remainder carried along the bytes is.
 * `cidBytes`: the bytes of the CID as version 1. `members`: at least 1.
 */
export function shareIndex(cidBytes: Uint8Array, members: number): number {
  let remainder = 0xf % members;
  for (const byte of cidBytes) remainder = (remainder * 256 + byte) % members;
  return remainder;
}
