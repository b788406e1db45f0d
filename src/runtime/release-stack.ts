/** Open, then register the close. `releaseAll` runs all of them in reverse order, even when one throws, and then throws the first error. */
export class ReleaseStack {
  readonly #releases: (() => Promise<void> | void)[] = [];

  /** Runs `work` and then releases all. What the work rejects with stands before what a release does: that is told to `onHidden`. */
  async around(work: () => Promise<void>, onHidden: (error: unknown) => void): Promise<void> {
    let failure: { readonly error: unknown } | undefined;
    try {
      await work();
    } catch (error) {
      failure = { error };
    }
    try {
      await this.releaseAll();
    } catch (error) {
      if (failure === undefined) throw error;
      onHidden(error);
    }
    if (failure !== undefined) throw failure.error;
  }

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
