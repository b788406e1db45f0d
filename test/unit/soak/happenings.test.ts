import { describe, expect, it } from 'vitest';
import type { BotLine } from '../../../devnet/world/bot-process.ts';
import { Happenings } from '../../soak/happenings.ts';
import { waysSecrets } from '../../support/e2e/secrets.ts';

const days = 30;
const never = 'none';

/** What the log tells in a month, with the count of lines. */
const month: Readonly<Record<string, number>> = {
  'Pull started': 1500,
  'Pull ended': 1500,
  'Close confirmed': 1000,
  'Let go of the file of a closed order': 1000,
  'A lost file is valid again': 50,
  'Deleted a lost file so that it can be pulled anew': 40,
  'The walk over all orders is complete': 30,
  'Backed up the database': 30,
  'Orders, records, sWorker and IPFS agree': 60,
  'Orders, records, sWorker and IPFS do not agree': 60,
  'Garbage collected': 10,
  'Chain end point answers': 31,
  'Removed what has ended long ago': 26,
};

function line(message: string, fields: BotLine['fields'] = {}): BotLine {
  const level = 'info';
  return { text: JSON.stringify({ level, message, ...fields }), level, message, fields };
}

/** A month in which one message never came, and so many reports were sent. */
function heard({ without = never, reason = 'sealed', reports = 700, calledOff = 9 } = {}): Happenings {
  const happenings = new Happenings();
  const fields = { reason, orders: 20, pinRecords: 10, cleanups: 10 };
  const lines = Object.entries(month)
    .filter(([message]) => message !== without)
    .flatMap(([message, count]) => Array.from({ length: count }, () => line(message, fields)));
  happenings.listen({ lines, onLine: () => () => false });
  for (let i = 0; i < reports; i += 1) happenings.noteReport();
  happenings.noteCalledOff(calledOff);
  return happenings;
}

describe('the happenings of a soak', () => {
  it('miss nothing in a month that had everything, and judge no week', () => {
    expect(heard().missing(days)).toEqual([]);
    expect(new Happenings().missing(7)).toEqual([]);
  });

  it.each(Object.keys(month))('miss it when there never was: %s', (without) => {
    expect(heard({ without }).missing(days)).toEqual([
      expect.stringMatching(/^0 .* at least \d+ must be in 30 days$/u),
    ]);
  });

  it('miss seals when every pull ended otherwise, reports that came only now and then, and orders that came back', () => {
    expect(heard({ reason: 'stalled' }).missing(days)).toEqual([expect.stringMatching(/^0 seals/u)]);
    expect(heard({ reports: 29 }).missing(days)).toEqual([expect.stringMatching(/^29 reports/u)]);
    expect(heard({ calledOff: 0 }).missing(days)).toEqual([expect.stringMatching(/^0 cleanups called off/u)]);
  });

  it('keep a line that says what nobody is to know, and no other', () => {
    const happenings = heard();
    expect(happenings.revealing).toEqual([]);
    const [secret = ''] = waysSecrets;
    happenings.listen({ lines: [line(`at http://operator:${secret}@ipfs`)], onLine: () => () => false });
    expect(happenings.revealing).not.toEqual([]);
  });
});
