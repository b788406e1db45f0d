const INCREMENT = 0x9e3779b9;
const SPAN = 2 ** 32;

/** A one-to-one scramble of 32 bits (the finalizer of MurmurHash3), so that different numbers stay different. */
export function mixed(value: number): number {
  let bits = value ^ (value >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits ^= bits >>> 13;
  bits = Math.imul(bits, 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** The state behind `state` in a sequence whose `mixed` values are the random numbers. */
export function nextState(state: number): number {
  return (state + INCREMENT) | 0;
}

/** A number in [0, 1) that belongs to an order and one purpose. */
export function share(seed: number, order: number, purpose: number): number {
  return mixed(mixed(order ^ seed) ^ Math.imul(purpose, INCREMENT)) / SPAN;
}
