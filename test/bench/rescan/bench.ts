import type { Bench, BenchSettings, Figure } from '../harness/bench.ts';
import { median, range } from '../harness/stats.ts';
import { type LaterWalk, REFRESH_DAYS, Session } from './session.ts';
import type { FoundFates } from './walked-days.ts';

const LOOPBACK_MS = 0.2;
const MANY = 1_000_000;

interface Plan {
  readonly orders: number;
  /** First walks, each into a database of its own and with a later one of each kind behind it: a pair cannot be run the other way round. */
  readonly sessions: number;
  /** Goes on in the last session until every order was due again. */
  readonly wholePeriod: boolean;
}

/** What one size comes to. */
interface Found {
  readonly first: number[];
  readonly keys: LaterWalk[];
  readonly share: LaterWalk[];
  /** At the end of the last session. */
  fates: FoundFates;
  rssMaxMiB: number;
}

export const rescanBench: Bench = {
  name: 'rescan',
  about: 'a later walk, 1 % new, 1 % gone and 5 % changed a day, against the first walk into the same database',
  takes: ['orders', 'latency', 'runs'],
  async run(settings, report) {
    for (const plan of plansFor(settings)) {
      const found: Found = { first: [], keys: [], share: [], fates: { born: 0, gone: 0, changed: 0 }, rssMaxMiB: 0 };
      for (let session = 1; session <= plan.sessions; session += 1) {
        settings.say(`${plan.orders} orders: a first walk and later ones, ${session} of ${plan.sessions}`);
        await walkDays(plan, plan.wholePeriod && session === plan.sessions, found, settings);
      }
      const latencyMs = settings.latencyMs ?? LOOPBACK_MS;
      const line = { bench: 'rescan', orders: plan.orders, latencyMs, rssMaxMiB: found.rssMaxMiB };
      report({ ...line, part: 'keys, values of new orders', ...against(found.first, found.keys, 5) });
      const { born, gone, changed } = found.fates;
      const share = against(found.first, found.share, 2.5);
      const more = { ...share.more, 'new found': born, 'gone found': gone, 'changed found': changed };
      report({ ...line, part: 'with the share of a day', ...share, more });
    }
  },
};

function plansFor({ scale, orders, runs }: BenchSettings): readonly Plan[] {
  if (scale === 'small') return [{ orders: orders ?? 3000, sessions: runs ?? 1, wholePeriod: true }];
  const usual = { orders: orders ?? 100_000, sessions: runs ?? 3, wholePeriod: true };
  const large = { orders: orders ?? MANY, sessions: runs ?? 3, wholePeriod: false };
  if (orders !== undefined) return [orders < MANY ? usual : large];
  return scale === 'full' ? [usual, large, { ...large, orders: 5 * MANY, sessions: runs ?? 1 }] : [usual, large];
}

async function walkDays(plan: Plan, wholePeriod: boolean, found: Found, settings: BenchSettings): Promise<void> {
  const days = 2 + (wholePeriod ? REFRESH_DAYS + 1 : 0);
  const options = { orders: plan.orders, latencyMs: settings.latencyMs, days };
  await Session.run(options, settings.signal, async (session) => {
    found.first.push(await session.first());
    // A day without a share would double that of the next, so these come first.
    found.share.push(await session.dayWithShare());
    found.keys.push(await session.dayOfKeys());
    found.fates = await session.check();
    if (wholePeriod) found.fates = await session.wholePeriod();
    found.rssMaxMiB = Math.max(found.rssMaxMiB, session.rssMaxMiB);
  });
}

function against(
  first: readonly number[],
  later: readonly LaterWalk[],
  least: number,
): Pick<Figure, 'value' | 'unit' | 'limit' | 'ratio' | 'range' | 'limitRange' | 'runs' | 'budgets' | 'more'> {
  const rates = later.map(({ ordersPerSecond }) => ordersPerSecond);
  const value = median(rates);
  const limit = median(first);
  return {
    value,
    unit: 'orders/s',
    limit,
    ratio: value / limit,
    range: range(rates),
    limitRange: range(first),
    runs: rates.length,
    budgets: [{ what: 'times the first walk', found: value / limit, atLeast: least, kind: 'time' }],
    more: { 'rows with the block of the day': median(later.map(({ valuesRead }) => valuesRead)) },
  };
}
