import type { Target } from './harness/target.ts';
import { blockEvents } from './targets/block-events.ts';
import { coordinator } from './targets/coordinator.ts';
import { endless } from './targets/endless.ts';
import { extrinsics } from './targets/extrinsics.ts';
import { ipfs } from './targets/ipfs.ts';
import { lists } from './targets/lists.ts';
import { messages } from './targets/messages.ts';
import { metadata } from './targets/metadata.ts';
import { nodeFacts } from './targets/node-facts.ts';
import { orders } from './targets/orders.ts';
import { storageKeys } from './targets/storage-keys.ts';
import { storageValues } from './targets/storage-values.ts';
import { configuration } from './targets/configuration.ts';
import { sworker } from './targets/sworker.ts';

export const targets: readonly Target[] = [
  storageKeys,
  storageValues,
  nodeFacts,
  blockEvents,
  extrinsics,
  metadata,
  messages,
  sworker,
  ipfs,
  coordinator,
  configuration,
  lists,
  orders,
  endless,
];
