import type { RuntimeVersion } from './library/decoding-library.ts';

interface Span {
  readonly from: number;
  readonly to: number;
  readonly version: RuntimeVersion;
}

/** Blocks whose states are known to have a runtime version, as disjoint spans. */
export class VersionSpans {
  #spans: readonly Span[] = [];

  find(block: number): RuntimeVersion | undefined {
    return this.#spans.find((span) => span.from <= block && block <= span.to)?.version;
  }

  /** All states from `from` to `to` have this version. Touching spans of one version become one. */
  add(from: number, to: number, version: RuntimeVersion): void {
    const touching = this.#spans.filter((span) => {
      return span.version.specVersion === version.specVersion && span.from <= to + 1 && span.to >= from - 1;
    });
    const others = this.#spans.filter((span) => !touching.includes(span));
    const merged = {
      from: Math.min(from, ...touching.map((span) => span.from)),
      to: Math.max(to, ...touching.map((span) => span.to)),
      version,
    };
    this.#spans = [...others, merged];
  }
}
