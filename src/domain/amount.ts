import { BigNumber } from 'bignumber.js';

/** 1 CRU = 10^12 pico-CRU. */
const picoDigits = 12;
/** Enough for more CRU than there are: amounts of a row take this much room each. */
const usualDigits = 20;
/** u128 has at most 39 decimal digits. */
const maxDigits = 39;
/** Stands before what does not fit the usual width; sorts behind every digit. */
const wideMark = ':';

/** Exact decimal text of pico-CRU, padded so that it sorts as the amounts do. */
export function toSortableText(digits: string): string {
  const plain = withoutPadding(digits);
  return plain.length <= usualDigits
    ? plain.padStart(usualDigits, '0')
    : `${wideMark}${plain.padStart(maxDigits, '0')}`;
}

/** The digits of a sortable text, without its padding. */
export function fromSortableText(text: string): string {
  return withoutPadding(text.startsWith(wideMark) ? text.slice(wideMark.length) : text);
}

function withoutPadding(digits: string): string {
  return digits.replace(/^0+(?=\d)/, '');
}

/** Negative when `a` is the smaller amount; both are decimal digits of pico-CRU. */
export function comparePico(a: string, b: string): number {
  return new BigNumber(a).comparedTo(b) ?? 0;
}

/** "1.5 CRU", every digit kept. */
export function formatPico(digits: string): string {
  return `${new BigNumber(digits).shiftedBy(-picoDigits).toFormat()} CRU`;
}
