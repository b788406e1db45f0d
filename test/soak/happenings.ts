import type { BotLine, BotProcess } from '../../devnet/world/bot-process.ts';
import { secretsIn, waysSecrets } from '../support/e2e/secrets.ts';

interface Kind {
  readonly name: string;
  /** How often it must happen; once in the whole run without it. */
  readonly leastPerDay?: number;
}

/** What a line of the log tells of; what is named here must happen in a month. */
const kinds: Readonly<Record<string, Kind>> = {
  'Pull started': { name: 'pulls', leastPerDay: 20 },
  'Close confirmed': { name: 'closes', leastPerDay: 20 },
  'Let go of the file of a closed order': { name: 'deletions', leastPerDay: 15 },
  'A lost file is valid again': { name: 'found again' },
  'Deleted a lost file so that it can be pulled anew': { name: 'lost for good' },
  'The walk over all orders is complete': { name: 'walks', leastPerDay: 0.9 },
  'Backed up the database': { name: 'backups', leastPerDay: 0.9 },
  'Orders, records, sWorker and IPFS agree': { name: 'reconciled', leastPerDay: 0.5 },
  'Orders, records, sWorker and IPFS do not agree': { name: 'found apart' },
  'Garbage collected': { name: 'collections', leastPerDay: 0.1 },
  'Chain end point answers': { name: 'connections', leastPerDay: 0.9 },
};
const pullEnd = { message: 'Pull ended', sealed: { name: 'seals', leastPerDay: 20 } };
const retention = {
  message: 'Removed what has ended long ago',
  kind: { name: 'rows past retention', leastPerDay: 10 },
};
/** Sent every hour, but for the hours in which sWorker starts again. */
const reports: Kind = { name: 'reports', leastPerDay: 20 };
/** Orders that came back within the grace: an event of theirs, of which no line tells, called the cleanup off. */
const kept: Kind = { name: 'cleanups called off' };
/** Nothing may be missing from a run of so many days. */
const judgedFromDays = 20;

/** What the bot said and sent, counted: its log is not kept here. */
export class Happenings {
  readonly #counts = new Map<string, number>();
  readonly #warnings = new Map<string, number>();
  readonly errors: string[] = [];
  /** Lines that say what nobody is to know. */
  readonly revealing: string[] = [];
  logBytes = 0;

  listen(bot: Pick<BotProcess, 'lines' | 'onLine'>): void {
    for (const line of bot.lines) this.#hear(line);
    bot.onLine((line) => this.#hear(line));
  }

  noteReport(): void {
    this.#add(reports, 1);
  }

  noteCalledOff(count: number): void {
    this.#add(kept, count);
  }

  lines(): readonly string[] {
    const told = (counts: ReadonlyMap<string, number>) =>
      [...counts].map(([name, count]) => `${count} ${name}`).join(', ');
    return [`the bot: ${told(this.#counts)}`, `its warnings: ${told(this.#warnings)}`];
  }

  /** What happened too rarely in so many days; an empty list when everything did. */
  missing(days: number): readonly string[] {
    if (days < judgedFromDays) return [];
    return [...Object.values(kinds), pullEnd.sealed, retention.kind, reports, kept].flatMap(
      ({ name, leastPerDay = 0 }) => {
        const [count, least] = [this.#counts.get(name) ?? 0, Math.max(1, Math.floor(leastPerDay * days))];
        return count >= least ? [] : [`${count} ${name}, at least ${least} must be in ${days} days`];
      },
    );
  }

  #hear({ text, level, message = '', fields }: BotLine): void {
    this.logBytes += Buffer.byteLength(text) + 1;
    this.revealing.push(...secretsIn('printed', text, waysSecrets));
    if (level === 'error' || level === undefined) this.errors.push(text);
    if (level === 'warn') this.#warnings.set(message, (this.#warnings.get(message) ?? 0) + 1);
    const kind = kinds[message];
    if (kind !== undefined) this.#add(kind, 1);
    if (message === pullEnd.message && fields['reason'] === 'sealed') this.#add(pullEnd.sealed, 1);
    if (message !== retention.message) return;
    const { orders, pinRecords, cleanups } = fields;
    this.#add(retention.kind, Number(orders) + Number(pinRecords) + Number(cleanups));
  }

  #add({ name }: Kind, count: number): void {
    if (count > 0) this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }
}
