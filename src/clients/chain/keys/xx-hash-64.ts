// XXH64 with seed 0 in 32-bit halves: a walk verifies every key, and BigInt arithmetic would cost more than all the rest of it.
// The two halves of the running values live in module variables, because returning pairs would allocate. Nothing here is asynchronous.

const P1H = 0x9e3779b1 | 0;
const P1L = 0x85ebca87 | 0;
const P2H = 0xc2b2ae3d | 0;
const P2L = 0x27d4eb4f | 0;
const P3H = 0x165667b1;
const P3L = 0x9e3779f9 | 0;
const P4H = 0x85ebca77 | 0;
const P4L = 0xc2b2ae63 | 0;
const P5H = 0x27d4eb2f;
const P5L = 0x165667c5;
const STRIPE_BYTES = 32;

let accHigh = 0;
let accLow = 0;

function set(high: number, low: number): void {
  accHigh = high | 0;
  accLow = low | 0;
}

function add(high: number, low: number): void {
  const sum = (accLow >>> 0) + (low >>> 0);
  accHigh = (accHigh + high + (sum > 0xffffffff ? 1 : 0)) | 0;
  accLow = sum | 0;
}

function xor(high: number, low: number): void {
  accHigh ^= high;
  accLow ^= low;
}

/** By less than 32 bits. */
function rotateLeft(bits: number): void {
  const high = accHigh;
  accHigh = (high << bits) | (accLow >>> (32 - bits));
  accLow = (accLow << bits) | (high >>> (32 - bits));
}

function xorShiftRight(bits: number): void {
  const high = accHigh;
  if (bits >= 32) {
    accLow ^= bits === 32 ? high : high >>> (bits - 32);
    return;
  }
  accHigh = high ^ (high >>> bits);
  accLow ^= (accLow >>> bits) | (high << (32 - bits));
}

function multiply(high: number, low: number): void {
  const a0 = accLow & 0xffff;
  const a1 = accLow >>> 16;
  const b0 = low & 0xffff;
  const b1 = low >>> 16;
  const p00 = Math.imul(a0, b0) >>> 0;
  const p01 = Math.imul(a0, b1) >>> 0;
  const p10 = Math.imul(a1, b0) >>> 0;
  const middle = (p00 >>> 16) + (p01 & 0xffff) + (p10 & 0xffff);
  const carried = Math.imul(a1, b1) + (p01 >>> 16) + (p10 >>> 16) + (middle >>> 16);
  accHigh = (carried + Math.imul(accHigh, low) + Math.imul(accLow, high)) | 0;
  accLow = (middle << 16) | (p00 & 0xffff);
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
}

/** The round of one lane over the 8 bytes at `at`; the lane is the accumulator. */
function round(bytes: Uint8Array, at: number): void {
  const laneHigh = accHigh;
  const laneLow = accLow;
  set(word(bytes, at + 4), word(bytes, at));
  multiply(P2H, P2L);
  add(laneHigh, laneLow);
  rotateLeft(31);
  multiply(P1H, P1L);
}

const lanes = new Int32Array(8);
/** P1 + P2, P2, 0 and -P1. */
const freshLanes = [0x60ea27ee, 0xadc0b5d6 | 0, P2H, P2L, 0, 0, 0x61c8864e, 0x7a143579];

function stripes(bytes: Uint8Array, start: number, end: number): number {
  lanes.set(freshLanes);
  let at = start;
  for (; at + STRIPE_BYTES <= end; at += STRIPE_BYTES) {
    for (let lane = 0; lane < 4; lane += 1) {
      set(lanes[2 * lane] ?? 0, lanes[2 * lane + 1] ?? 0);
      round(bytes, at + 8 * lane);
      lanes[2 * lane] = accHigh;
      lanes[2 * lane + 1] = accLow;
    }
  }
  converge();
  return at;
}

const laneRotations = [1, 7, 12, 18] as const;

function converge(): void {
  let sumHigh = 0;
  let sumLow = 0;
  for (let lane = 0; lane < 4; lane += 1) {
    set(lanes[2 * lane] ?? 0, lanes[2 * lane + 1] ?? 0);
    rotateLeft(laneRotations[lane] ?? 0);
    add(sumHigh, sumLow);
    sumHigh = accHigh;
    sumLow = accLow;
  }
  for (let lane = 0; lane < 4; lane += 1) {
    set(lanes[2 * lane] ?? 0, lanes[2 * lane + 1] ?? 0);
    multiply(P2H, P2L);
    rotateLeft(31);
    multiply(P1H, P1L);
    xor(sumHigh, sumLow);
    multiply(P1H, P1L);
    add(P4H, P4L);
    sumHigh = accHigh;
    sumLow = accLow;
  }
}

function tail(bytes: Uint8Array, start: number, end: number): void {
  let at = start;
  for (; at + 8 <= end; at += 8) {
    const high = accHigh;
    const low = accLow;
    set(0, 0);
    round(bytes, at);
    xor(high, low);
    rotateLeft(27);
    multiply(P1H, P1L);
    add(P4H, P4L);
  }
  if (at + 4 <= end) {
    const high = accHigh;
    const low = accLow;
    set(0, word(bytes, at));
    multiply(P1H, P1L);
    xor(high, low);
    rotateLeft(23);
    multiply(P2H, P2L);
    add(P3H, P3L);
    at += 4;
  }
  for (; at < end; at += 1) {
    const high = accHigh;
    const low = accLow;
    set(0, bytes[at] ?? 0);
    multiply(P5H, P5L);
    xor(high, low);
    rotateLeft(11);
    multiply(P1H, P1L);
  }
}

/** Writes the 8 bytes of XXH64 (little-endian, as Substrate's twox64 stores them) over `bytes[start, end)` into `out`. */
export function xxHash64(bytes: Uint8Array, start: number, end: number, out: Uint8Array): void {
  let at = start;
  if (end - start >= STRIPE_BYTES) at = stripes(bytes, start, end);
  else set(P5H, P5L);
  add(0, end - start);
  tail(bytes, at, end);
  xorShiftRight(33);
  multiply(P2H, P2L);
  xorShiftRight(29);
  multiply(P3H, P3L);
  xorShiftRight(32);
  for (let index = 0; index < 4; index += 1) {
    out[index] = accLow >>> (8 * index);
    out[index + 4] = accHigh >>> (8 * index);
  }
}
