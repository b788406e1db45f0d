import type { BotLine, BotProcess } from '../../devnet/world/bot-process.ts';

/** What a line of the log tells of; what is named here must happen in a month. */
const kinds: Readonly<Record<string, string>> = {
  'Pull started': 'pulls',
  'Let go of the file of a closed order': 'deletions',
  'A closed order is back before its file was deleted': 'back in time',
  'A lost file is valid again': 'found again',
  'Deleted a lost file so that it can be pulled anew': 'lost for good',
  'The walk over all orders is complete': 'walks',
  'Backed up the database': 'backups',
  'Orders, records, sWorker and IPFS agree': 'reconciled',
  'Garbage collected': 'collections',
  'Chain end point answers': 'connections',
};
const retention = { message: 'Removed what has ended long ago', kind: 'rows past retention' };
/** Nothing else may be missing from a run of so many days. */
export const judgedFromDays = 20;

/** What the bot said, counted: its log is not kept here. */
export class Happenings {
  readonly #counts = new Map<string, number>();
  readonly #warnings = new Map<string, number>();
  readonly errors: string[] = [];
  logBytes = 0;

  constructor(bot: BotProcess) {
    for (const line of bot.lines) this.#hear(line);
    bot.onLine((line) => this.#hear(line));
  }

  lines(): readonly string[] {
    const told = (counts: ReadonlyMap<string, number>) =>
      [...counts].map(([name, count]) => `${count} ${name}`).join(', ');
    return [`the bot: ${told(this.#counts)}`, `its warnings: ${told(this.#warnings)}`];
  }

  missing(): readonly string[] {
    return [...Object.values(kinds), retention.kind].filter((kind) => (this.#counts.get(kind) ?? 0) === 0);
  }

  #hear({ text, level, message = '', fields }: BotLine): void {
    this.logBytes += Buffer.byteLength(text) + 1;
    if (level === 'error' || level === undefined) this.errors.push(text);
    if (level === 'warn') this.#warnings.set(message, (this.#warnings.get(message) ?? 0) + 1);
    const kind = kinds[message];
    if (kind !== undefined) this.#add(kind, 1);
    if (message !== retention.message) return;
    const { orders, pinRecords, cleanups } = fields;
    this.#add(retention.kind, Number(orders) + Number(pinRecords) + Number(cleanups));
  }

  #add(kind: string, count: number): void {
    if (count > 0) this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + count);
  }
}
