import { readFileSync } from 'node:fs';
import { toAddress } from '../chain/accounts.ts';
import type { AccountId } from '../chain/accounts.ts';
import { projectFile } from '../project-file.ts';

export type JsonObject = { readonly [key: string]: unknown };

/** What a world gives a bot's configuration. */
export interface BotEndPoints {
  readonly account: AccountId;
  readonly chainUrl: string;
  /** Base addresses, as operators write them. */
  readonly sworkerOrigin: string;
  readonly ipfsOrigin: string;
  readonly dataDir: string;
}

const EXAMPLE = projectFile('smanager-config.example.json');

/** The example file's content pointed at a world: its strategy and limits stand, nothing is sent to the outside. */
export function exampleConfig(ends: BotEndPoints, scheduler: JsonObject = {}, others: JsonObject = {}): JsonObject {
  const {
    $schema: _schema,
    telemetry: _telemetry,
    ...example
  } = JSON.parse(readFileSync(EXAMPLE, 'utf8')) as {
    $schema?: unknown;
    telemetry?: unknown;
    scheduler: JsonObject;
  };
  return {
    ...example,
    chain: { account: toAddress(ends.account), endPoint: ends.chainUrl },
    sworker: { endPoint: ends.sworkerOrigin },
    ipfs: { endPoint: ends.ipfsOrigin },
    dataDir: ends.dataDir,
    scheduler: { ...example.scheduler, ...scheduler },
    ...others,
  };
}
