import { BigNumber } from 'bignumber.js';

/** 1 CRU = 10^12 pico-CRU. */
const picoDigits = 12;
/** u128 has at most 39 decimal digits. */
const maxDigits = 39;

/** Exact decimal text of pico-CRU that sorts as the amounts do. */
export function toSortableText(digits: string): string {
  return digits.padStart(maxDigits, '0');
}

/** The digits of a sortable text, without its padding. */
export function fromSortableText(text: string): string {
  return text.replace(/^0+(?=\d)/, '');
}

/** Negative when `a` is the smaller amount; both are decimal digits of pico-CRU. */
export function comparePico(a: string, b: string): number {
  return new BigNumber(a).comparedTo(b) ?? 0;
}

/** "1.5 CRU", every digit kept. */
export function formatPico(digits: string): string {
  return `${new BigNumber(digits).shiftedBy(-picoDigits).toFormat()} CRU`;
}
