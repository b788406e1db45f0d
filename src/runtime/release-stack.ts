/** Open, then register the close. `releaseAll` runs all of them in reverse order, even when one throws, and then throws the first error. */
export class ReleaseStack {
  readonly #releases: (() => Promise<void> | void)[] = [];

  add(release: () => Promise<void> | void): void {
    this.#releases.push(release);
  }

  async releaseAll(): Promise<void> {
    let first: { readonly error: unknown } | undefined;
    for (let release = this.#releases.pop(); release !== undefined; release = this.#releases.pop()) {
      try {
        await release();
      } catch (error) {
        first ??= { error };
      }
    }
    if (first !== undefined) throw first.error;
  }
}
