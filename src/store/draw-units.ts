/**
 * Draws have 52 bits. Between SQLite and JSON they travel as whole numbers of these units, because SQLite promises neither to print nor to read a long
 * fraction to its last bit.
 */
export const drawUnits = 2 ** 52;
