import { stormFaultKinds } from '../support/sim/call-desk.ts';
import { actKinds } from './acts.ts';
import { spoiltByTurn } from './faults.ts';
import type { Outcome } from './history.ts';

/** A run over so many histories must have seen everything; a shorter one is not judged by what it did not see. */
export const judgedFromHistories = 100;
const leastPulls = 1_000;
const leastDeletions = 200;
/** A call that was asked so often must have met every kind of fault: the rarest befalls one in four hundred. */
export const askedOften = 3_000;
/** Of calls whose faults take turns: so often each must have been asked, and then have met every kind. */
export const leastByTurn = 30;
const parts = ['chain', 'sworker', 'ipfs', 'coordinator', 'telemetry'];
export const mustHappen = [
  'seals',
  'closes',
  'closes by event',
  'closes by absence',
  'deletions of lost files',
  'collections',
  'pins made again',
  'seals ended',
  'deletions late of what lives',
  'deletions of a backlog',
  'days at their limit',
  'reconciliations',
  'backups',
  'walks',
  'gaps',
  'restarts',
  'restarts by outage',
];

/** Of a change of the database, by `verb code`, or `late`: carried out late, or `told late`: carried out, and answered late. */
export const mustFail = [
  'BEGIN SQLITE_BUSY',
  ...['INSERT', 'UPDATE', 'COMMIT'].flatMap((verb) => [`${verb} SQLITE_FULL`, `${verb} SQLITE_IOERR`]),
  'SELECT SQLITE_IOERR',
  ...['BEGIN', 'INSERT', 'UPDATE', 'COMMIT'].flatMap((verb) => [`${verb} late`, `${verb} told late`]),
];

/** What happened in all histories of a run. */
export class Totals {
  histories = 0;
  readonly counts = new Map<string, number>();
  /** How often each call was asked. */
  readonly asked = new Map<string, number>();
  /** By call, then by the kind of the fault. */
  readonly faults = new Map<string, Map<string, number>>();

  /** Statements that failed or were late, by `verb code`. */
  readonly troubles = new Map<string, number>();

  add({ counts, asked, faults, troubles }: Pick<Outcome, 'counts' | 'asked' | 'faults' | 'troubles'>): void {
    this.histories += 1;
    for (const [name, times] of Object.entries(counts)) addTo(this.counts, name, times);
    for (const [name, times] of Object.entries(troubles)) addTo(this.troubles, name, times);
    for (const [call, times] of Object.entries(asked)) addTo(this.asked, call, times);
    for (const [name, times] of Object.entries(faults)) {
      const at = name.lastIndexOf(' ');
      const call = name.slice(0, at);
      const kinds = this.faults.get(call) ?? new Map<string, number>();
      this.faults.set(call, kinds);
      addTo(kinds, name.slice(at + 1), times);
    }
  }

  /** Why nothing is said of what a run has not seen; undefined when it was long enough. */
  notJudged(): string | undefined {
    if (this.histories >= judgedFromHistories) return undefined;
    return `NOT JUDGED whether everything happened: that takes ${judgedFromHistories} histories, there were ${this.histories}`;
  }

  /** What a run must have seen and has not. */
  missing(): readonly string[] {
    const of = (name: string): number => this.counts.get(name) ?? 0;
    const missing = [...actKinds, ...mustHappen]
      .filter((name) => of(name) === 0)
      .map((name) => `${name} never happened`);
    for (const name of mustFail) if (!this.troubles.has(name)) missing.push(`no ${name}`);
    for (const part of parts) {
      for (const kind of stormFaultKinds)
        if (this.#ofPart(part, kind) === 0) missing.push(`${kind} never befell ${part}`);
    }
    missing.push(...this.#missingByTurn());
    for (const [call, times] of this.asked) if (times >= askedOften) missing.push(...this.#missingOf(call, times));
    if (of('pulls') < leastPulls) missing.push(`${of('pulls')} pulls are fewer than ${leastPulls}`);
    if (of('deletions') < leastDeletions) missing.push(`${of('deletions')} deletions are fewer than ${leastDeletions}`);
    return missing;
  }

  lines(): readonly string[] {
    const calls = [...this.asked].sort(([a], [b]) => (a < b ? -1 : 1));
    return [
      [...this.counts].map(([name, times]) => `${name} ${times}`).join(', '),
      `statements that failed or were late: ${[...this.troubles].map(([name, times]) => `${name} ${times}`).join(', ')}`,
      `${'fault × call'.padEnd(48)}${['asked', ...stormFaultKinds].map((kind) => kind.padStart(15)).join('')}`,
      ...calls.map(([call, times]) => {
        const ofKinds = stormFaultKinds.map((kind) => this.faults.get(call)?.get(kind) ?? 0);
        return `${call.padEnd(48)}${[times, ...ofKinds].map((number) => String(number).padStart(15)).join('')}`;
      }),
    ];
  }

  #missingByTurn(): readonly string[] {
    return spoiltByTurn.flatMap((call) => {
      const times = this.asked.get(call) ?? 0;
      if (times < leastByTurn) return [`${call} was asked ${times} times, fewer than ${leastByTurn}`];
      return times < askedOften ? this.#missingOf(call, times) : [];
    });
  }

  #missingOf(call: string, times: number): readonly string[] {
    const kinds = this.faults.get(call);
    const never = stormFaultKinds.filter((kind) => !kinds?.has(kind));
    return never.map((kind) => `${kind} never befell ${call}, which was asked ${times} times`);
  }

  #ofPart(part: string, kind: string): number {
    const ofPart = [...this.faults].filter(([call]) => call.startsWith(`${part} `));
    return ofPart.reduce((sum, [, kinds]) => sum + (kinds.get(kind) ?? 0), 0);
  }
}

function addTo(counts: Map<string, number>, name: string, times: number): void {
  counts.set(name, (counts.get(name) ?? 0) + times);
}
