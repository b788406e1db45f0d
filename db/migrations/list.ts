import type { Knex } from 'knex';
import * as initial from './0001-initial.ts';
import * as roomToGrow from './0002-room-to-grow.ts';
import * as drawsWithoutIndex from './0003-draws-without-index.ts';
import * as lighterClaims from './0004-lighter-claims.ts';
import * as earlyRereads from './0005-early-rereads.ts';
import * as claimsNameOrders from './0006-claims-name-orders.ts';
import * as deletionsInADay from './0007-deletions-in-a-day.ts';

interface Migration {
  readonly name: string;
  readonly up: (knex: Knex) => Promise<void>;
}

/** Every schema step in order. A list in code, because a glob would record `.ts` and `.js` names as two histories. */
export const migrations: readonly Migration[] = [
  { name: '0001-initial', up: initial.up },
  { name: '0002-room-to-grow', up: roomToGrow.up },
  { name: '0003-draws-without-index', up: drawsWithoutIndex.up },
  { name: '0004-lighter-claims', up: lighterClaims.up },
  { name: '0005-early-rereads', up: earlyRereads.up },
  { name: '0006-claims-name-orders', up: claimsNameOrders.up },
  { name: '0007-deletions-in-a-day', up: deletionsInADay.up },
];
