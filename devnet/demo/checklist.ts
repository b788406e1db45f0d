interface Row {
  readonly what: string;
  readonly expected: string;
  readonly found: string;
  readonly isTrue: boolean;
}

/** What a demo promised and what came of it. */
export class Checklist {
  readonly #rows: Row[] = [];

  /** Both as they are printed; without `isTrue` they have to be the same. */
  expect(what: string, expected: string | number, found: string | number, isTrue = `${expected}` === `${found}`): void {
    this.#rows.push({ what, expected: `${expected}`, found: `${found}`, isTrue });
  }

  get failed(): readonly string[] {
    return this.#rows.filter(({ isTrue }) => !isTrue).map(({ what }) => what);
  }

  get count(): number {
    return this.#rows.length;
  }

  /** The table, a line each. */
  table(): string[] {
    const head = { what: 'what', expected: 'expected', found: 'found' };
    const width = (pick: (row: typeof head) => string) =>
      Math.max(...[head, ...this.#rows].map((row) => pick(row).length));
    const [what, expected] = [width((row) => row.what), width((row) => row.expected)];
    const line = (row: typeof head, mark: string) =>
      `${mark} ${row.what.padEnd(what)}  ${row.expected.padEnd(expected)}  ${row.found}`;
    return [line(head, '  '), ...this.#rows.map((row) => line(row, row.isTrue ? '✓ ' : '✗ '))];
  }
}
