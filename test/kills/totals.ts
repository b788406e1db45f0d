import { type Counted, elsewhere, type Phase, phases } from './phases.ts';
import { judgedFromKills } from './plan.ts';

interface Row {
  kills: number;
  seconds: number;
  defects: number;
}

/** What came of one kill. */
export interface Outcome {
  readonly counted: Counted;
  /** A closed file waited for the end of its grace. */
  readonly isInGrace: boolean;
  /** From before the start of the life until everything it left was looked at. */
  readonly seconds: number;
  readonly defects: readonly string[];
}

const rowNames: readonly Counted[] = [...phases, elsewhere];

/** Counts kills by the phase they fell into. */
export class Totals {
  readonly #rows = new Map<Counted, Row>(rowNames.map((name) => [name, { kills: 0, seconds: 0, defects: 0 }]));

  #inGrace = 0;

  add({ counted, isInGrace, seconds, defects }: Outcome): void {
    if (isInGrace) this.#inGrace += 1;
    const row = this.#rows.get(counted);
    if (row === undefined) return;
    row.kills += 1;
    row.seconds += seconds;
    row.defects += defects.length;
  }

  get kills(): number {
    return [...this.#rows.values()].reduce((sum, { kills }) => sum + kills, 0);
  }

  /** Why nothing is said of phases that no kill fell into; undefined when there were enough kills. */
  notJudged(): string | undefined {
    if (this.kills >= judgedFromKills) return undefined;
    return `NOT JUDGED whether every phase was met: that takes ${judgedFromKills} kills, there were ${this.kills}`;
  }

  /** Phases that no kill fell into; none when there were too few kills to be judged. */
  missing(): readonly Phase[] {
    return this.kills < judgedFromKills ? [] : phases.filter((phase) => this.#rows.get(phase)?.kills === 0);
  }

  /** Whether no kill fell into the grace of a closed file; not judged of too few kills. */
  get isWithoutGrace(): boolean {
    return this.kills >= judgedFromKills && this.#inGrace === 0;
  }

  lines(): readonly string[] {
    return [
      line('phase', 'kills', 'seconds', 'defects'),
      ...[...this.#rows].map(([name, { kills, seconds, defects }]) =>
        line(name, String(kills), seconds.toFixed(1), String(defects)),
      ),
      `of all kills in the grace of a closed file: ${this.#inGrace}`,
    ];
  }
}

function line(name: string, ...figures: readonly string[]): string {
  return `${name.padEnd(12)}${figures.map((figure) => figure.padStart(10)).join('')}`;
}
