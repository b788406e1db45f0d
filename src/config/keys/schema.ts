import { z } from 'zod';
import { cleanupModes } from '../../domain/deletions.ts';
import { accountLeaf, choiceLeaf, endPointLeaf, numberLeaf, switchLeaf, textLeaf } from './leaves.ts';
import { schedulerSection } from './scheduler-schema.ts';

/*
 * The one source of the checks, the types and the JSON Schema of the configuration file: every key with its default and its description. What a
 * value is turned into for the program stands in build-config.ts.
 */

const http = (example: string, also = '') =>
  endPointLeaf(`an HTTP address such as ${example}${also}`, ['http:', 'https:']);
const chainAddress = endPointLeaf('a WebSocket address such as ws://127.0.0.1:19944', ['ws:', 'wss:']);
const chainAddresses = { error: 'a WebSocket address such as ws://127.0.0.1:19944, or a list of them' };
const visibleText = /^\s*[\u0021-\u007e]+\s*$/u;

const section = { error: 'a section { … }' };

export const configSchema = z.object(
  {
    $schema: z.string().optional().describe('The JSON Schema of this file, for editors.'),
    chain: z
      .object(
        {
          account: accountLeaf(
            'an ss58 address, one that begins with cT or the same account in another prefix',
          ).describe("The account of this node's sWorker, in any ss58 prefix."),
          endPoint: z
            .union([chainAddress, z.array(chainAddress).min(1, chainAddresses)], chainAddresses)
            .transform((value) => (Array.isArray(value) ? value : [value]))
            .describe('WebSocket address of the chain node, or several: the next one is used when one is away.'),
          maxRequestsInFlight: numberLeaf({ min: 1, max: 64, whole: true })
            .default(4)
            .describe(
              'Requests that may wait for an answer of the chain node at once. Several bots may share one node.',
            ),
        },
        section,
      )
      .describe('The Crust chain.'),
    sworker: z
      .object({ endPoint: http('http://127.0.0.1:12222').describe('Base address of sWorker.') }, section)
      .describe('sWorker, which seals and proves the files.'),
    ipfs: z
      .object({ endPoint: http('http://127.0.0.1:5001').describe('Base address of the RPC interface.') }, section)
      .describe('The IPFS daemon that fetches the files.'),
    node: z
      .object(
        {
          role: textLeaf('member or isolation')
            .default('member')
            .describe('member or isolation. Shown, and nothing else.'),
        },
        section,
      )
      .prefault({})
      .describe('This node.'),
    telemetry: z
      .object(
        {
          endPoint: http('https://sm-submit.crust.network', ', or no telemetry section at all')
            .optional()
            .describe('Where an hourly report is sent.'),
        },
        section,
      )
      .nullish()
      .describe('Left out: nothing is sent anywhere.'),
    dataDir: textLeaf('a folder').default('data').describe('Folder of the database.'),
    scheduler: schedulerSection,
    sealCoordinator: z
      .object(
        {
          endPoint: http('http://192.168.1.254:3000').describe('Base address.'),
          nodeUUID: textLeaf('the name of this node at the coordinator, without spaces', visibleText).describe(
            'Name of this node at the coordinator.',
          ),
          authToken: textLeaf('a token without spaces', /^\s*[\u0021-\u007e]*\s*$/u)
            .default('')
            .meta({
              description: 'Sent as bearer token. Better given by SMANAGER_SEAL_COORDINATOR_AUTH_TOKEN_FILE.',
              writeOnly: true,
            }),
        },
        section,
      )
      .nullish()
      .describe('A service that decides which of several nodes seals a file. Left out: none is asked.'),
    runtime: z
      .object(
        {
          maxOutageMinutes: numberLeaf({ min: 1 })
            .default(30)
            .describe(
              'Minutes after which the process ends (and is started again by its supervisor) while chain, IPFS or sWorker is away.',
            ),
        },
        section,
      )
      .prefault({})
      .describe('The process.'),
    indexer: z
      .object(
        {
          scanIntervalHours: numberLeaf({ min: 1 }).default(24).describe('Hours between two walks over all orders.'),
          refreshDays: numberLeaf({ min: 1 }).default(7).describe('Days after which every order has been read again.'),
          maxOrdersPerSecond: numberLeaf({ min: 0 })
            .default(0)
            .describe(
              'Orders a walk reads in a second at most, to spare a chain node that others use too. 0: no limit.',
            ),
        },
        section,
      )
      .prefault({})
      .describe('How orders are found.'),
    pull: z
      .object(
        {
          stallMinutes: numberLeaf({ min: 1 })
            .default(30)
            .describe('Minutes without progress after which a pull is given up.'),
          maxAttempts: numberLeaf({ min: 1, whole: true }).default(5).describe('Attempts at one order.'),
        },
        section,
      )
      .prefault({})
      .describe('How files are fetched.'),
    seal: z
      .object(
        {
          lostGraceHours: numberLeaf({ min: 0 })
            .default(48)
            .describe(
              'Hours a file may be lost in sWorker before it is decided anew: it comes back by itself when its disk does.',
            ),
        },
        section,
      )
      .prefault({})
      .describe('What happens to sealed files.'),
    cleanup: z
      .object(
        {
          mode: choiceLeaf(cleanupModes)
            .default('delete')
            .describe('delete, or dryRun: tell which files would be deleted, and delete none.'),
          graceHours: numberLeaf({ min: 0 })
            .default(24)
            .describe('Hours between the confirmed close of an order and the deletion of its file.'),
          maxPercentPerDay: numberLeaf({ min: 0, max: 100 })
            .default(5)
            .describe(
              'Percent of the held files, and of their bytes, that may be deleted within 24 hours; 200 files may in any case.',
            ),
          endOrphanSeals: switchLeaf()
            .default(false)
            .describe('End seals in sWorker that this bot did not begin, such as pins made by hand.'),
        },
        section,
      )
      .prefault({})
      .describe('Letting go of files whose order is closed.'),
    reconcile: z
      .object(
        {
          intervalHours: numberLeaf({ min: 1 })
            .default(6)
            .describe(
              "Hours between two runs of the reconciler, which holds orders, records, sWorker's files and IPFS pins against each other.",
            ),
        },
        section,
      )
      .prefault({})
      .describe('Finding what orders, records, sWorker and IPFS do not agree about.'),
    gc: z
      .object(
        {
          thresholdPercent: numberLeaf({ min: 1, max: 100 })
            .default(90)
            .describe("Percent of the IPFS repository's StorageMax above which garbage is collected."),
          intervalMinutes: numberLeaf({ min: 1 })
            .default(60)
            .describe('Least minutes between two garbage collections.'),
        },
        section,
      )
      .prefault({})
      .describe('Garbage collection of the IPFS repository.'),
    database: z
      .object(
        {
          retentionDays: numberLeaf({ min: 1 })
            .default(180)
            .describe(
              'Days for which closed orders and finished records are kept. The history of files still held stays.',
            ),
          backups: numberLeaf({ min: 0, whole: true })
            .default(3)
            .describe(
              'Daily backups of the database that are kept, and as many of those made before it is brought to a new version. 0: none is made.',
            ),
        },
        section,
      )
      .prefault({})
      .describe('The local database.'),
  },
  { error: 'a JSON object with the sections of smanager-config.example.json' },
);

export type ConfigInput = z.infer<typeof configSchema>;
