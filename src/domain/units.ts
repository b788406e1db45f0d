export const KIB = 1024;
export const MIB = 1024 ** 2;
export const GIB = 1024 ** 3;

export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Nominal block time of Crust: BABE slots of 6 s. Looks, back-offs and graces are counted in blocks so that a stepped clock cannot move them. */
export const BLOCK_MS = 6 * SECOND_MS;
export const MINUTE_BLOCKS = 10;
export const HOUR_BLOCKS = 600;
export const DAY_BLOCKS = 14_400;

/** Largest size a row can carry exactly; a larger one is stored as this and judged `bad-size`. */
export const MAX_SIZE_BYTES = Number.MAX_SAFE_INTEGER;
