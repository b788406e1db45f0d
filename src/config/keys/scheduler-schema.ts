import { z } from 'zod';
import { maxMemoBytes } from '../../domain/order.ts';
import { accountLeaf, cidLeaf, listLeaf, numberLeaf, shortTextLeaf, textLeaf } from './leaves.ts';

const account = accountLeaf('an ss58 address');
const weight = () => numberLeaf({ min: 0 });

const section = { error: 'a section { … }' };

const list = (what: string) =>
  z
    .object(
      {
        cids: listLeaf(cidLeaf(), 'a list of CIDs').default([]).describe('CIDs, exactly as they were ordered.'),
        owners: listLeaf(account, 'a list of ss58 addresses')
          .default([])
          .describe('Accounts that paid for an order, in any ss58 prefix.'),
        memoPrefixes: listLeaf(shortTextLeaf('a text', maxMemoBytes), 'a list of texts')
          .default([])
          .describe('Beginnings of the memo of an order.'),
        files: listLeaf(textLeaf('a path'), 'a list of paths')
          .default([])
          .describe(
            'Files with one entry a line: a CID, an address, or cid:, owner: or memo: and the entry. Read again when they change.',
          ),
      },
      section,
    )
    .prefault({})
    .describe(what);

const strategies = ['default', 'srdFirst', 'newFileFirst'] as const;
const strategyAllowed = `${strategies.map((name) => `"${name}"`).join(', ')} or { dbFilesWeight, newFilesWeight }`;

/** Section `scheduler` of the configuration file. */
export const schedulerSection = z
  .object(
    {
      minSrdRatio: numberLeaf({ min: 0, max: 100 })
        .default(70)
        .describe('Percent of the usable space that has to be SRD before a file is pulled. 0: no check.'),
      maxPendingTasks: numberLeaf({ min: 1, whole: true }).default(32).describe('Files pulled at once.'),
      minFileSize: numberLeaf({ min: 0 }).default(0).describe('MiB. Smaller files are not taken. 0: no limit.'),
      maxFileSize: numberLeaf({ min: 0 }).default(0).describe('MiB. Larger files are not taken. 0: no limit.'),
      minReplicas: numberLeaf({ min: 0, whole: true })
        .default(40)
        .describe('Files found by the walk over all orders are taken from this many replicas on. 0: off.'),
      maxReplicas: numberLeaf({ min: 0, whole: true })
        .default(100)
        .describe('Files with this many replicas are not taken. 0: off.'),
      strategy: z
        .union(
          [
            z.enum(strategies),
            z.object({
              dbFilesWeight: weight().optional().describe('Share of orders older than 30 days. Missing: 0.'),
              newFilesWeight: weight().optional().describe('Share of new orders. Missing: 100.'),
              existedFilesWeight: weight().optional().describe('The old name of dbFilesWeight.'),
            }),
          ],
          { error: strategyAllowed },
        )
        .default('default')
        .describe(
          'How pulls are shared out between new and older orders. srdFirst: 10 to 80, newFileFirst: 80 to 20, default: even.',
        ),
      allow: list('Only orders on this list are taken, unless it is empty.'),
      deny: list('Orders on this list are not taken, even when they are allowed.'),
    },
    section,
  )
  .prefault({})
  .describe('Which files are taken, and how many at once.');
