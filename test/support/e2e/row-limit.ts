/** What a row of a matrix may take, by the machine's clock. */
export const ROW_MS = 20_000;
