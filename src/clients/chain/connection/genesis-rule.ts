/** Which chain all end points must belong to: the database's, or at first start the one the first end point to answer is on. */
export class GenesisRule {
  #expected: string | null;
  #everAccepted = false;

  constructor(expected: string | null) {
    this.#expected = expected;
  }

  get expected(): string | null {
    return this.#expected;
  }

  /** Once one end point was right, wrong ones are an outage and no reason to refuse to run. */
  get everAccepted(): boolean {
    return this.#everAccepted;
  }

  accepts(hash: string): boolean {
    this.#expected ??= hash;
    if (this.#expected !== hash) return false;
    this.#everAccepted = true;
    return true;
  }
}
