/** What the tables and sWorker have in common: orders and files by their index, all of it computed from the index alone. */
export interface World {
  readonly orders: number;
  /** Files that sWorker holds in the beginning: the first indices. */
  readonly held: number;
}

export const pendingFiles = 500;
const queuedOrders = 2_000;
/** Held, with no order on chain: the first indices. */
export const withoutOrder = 100;
/** Held, with a replica map that lacks the own group although there was time enough: the next indices. */
export const uncredited = 300;
export const goneFiles = 60;
export const lostFiles = 200;
export const foundFiles = 400;

/** The chain's head when the bot starts for the first time, and later, when every sealed copy should have been accounted. */
export const headBlocks = { first: 20_000_000, later: 20_010_000 } as const;

/**
 * What happened to sWorker's files since they were found. `changed`: some are gone, some lost, some sealed by hand; `again`: the gone ones are
 * still gone, every other lost one is valid again.
 */
export type Moment = 'before' | 'changed' | 'again';

type Fate = 'valid' | 'gone' | 'lost' | 'recovered';

/** Of a file held in the beginning, once something has happened. */
function fateOf(index: number, world: World): Fate {
  const step = Math.floor((world.held - withoutOrder - uncredited) / (goneFiles + lostFiles));
  const at = index - withoutOrder - uncredited;
  if (at < 0 || at % step !== 0) return 'valid';
  const turn = at / step;
  if (turn < goneFiles) return 'gone';
  if (turn < goneFiles + lostFiles) return turn % 2 === 0 ? 'lost' : 'recovered';
  return 'valid';
}

/** In which of sWorker's lists a file held in the beginning stands. */
export function placeOf(index: number, world: World, moment: Moment): 'valid' | 'lost' | 'none' {
  if (moment === 'before') return 'valid';
  const fate = fateOf(index, world);
  if (fate === 'gone') return 'none';
  if (fate === 'lost') return 'lost';
  return fate === 'recovered' && moment === 'changed' ? 'lost' : 'valid';
}

/** Indices of the files being sealed, of the queue, and of the files that a person seals beside the bot. */
export function ranges(world: World): Readonly<Record<'pending' | 'queued' | 'found', { from: number; to: number }>> {
  const pending = { from: world.held, to: world.held + pendingFiles };
  const queued = { from: pending.to, to: pending.to + queuedOrders };
  return { pending, queued, found: { from: queued.to, to: queued.to + foundFiles } };
}

const alphabet = Buffer.from('123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz', 'latin1');
const text = Buffer.from(`Qm${'1'.repeat(44)}`, 'latin1');

/** 46 characters that look like a CID and share nothing with their neighbours but the beginning. */
export function cidOf(index: number): string {
  for (let word = 0; word < 9; word += 1) {
    let rest = mixed(index * 9 + word + 1);
    for (let at = 2 + 5 * word; at < Math.min(2 + 5 * word + 5, 46); at += 1) {
      text[at] = alphabet[rest % 58] ?? 0;
      rest = Math.floor(rest / 58);
    }
  }
  return text.toString('latin1');
}

export function sizeOf(index: number): number {
  return 1 + (mixed(index) % 50_000_000);
}

/** Of all files held in the beginning. */
export function heldBytes({ held }: World): number {
  let sum = 0;
  for (let index = 0; index < held; index += 1) sum += sizeOf(index);
  return sum;
}

/** A 32-bit hash. */
function mixed(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97);
  return (hash ^ (hash >>> 15)) >>> 0;
}
