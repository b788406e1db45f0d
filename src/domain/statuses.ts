export const orderStatuses = ['new', 'waiting', 'queued', 'pulling', 'handled', 'failed', 'closed'] as const;
export type OrderStatus = (typeof orderStatuses)[number];

export const pinStatuses = ['running', 'sealed', 'lost', 'failed', 'interrupted', 'removed'] as const;
export type PinStatus = (typeof pinStatuses)[number];

export const cleanupStatuses = ['seen', 'confirmed', 'deleting', 'done', 'cancelled'] as const;
export type CleanupStatus = (typeof cleanupStatuses)[number];

/** `new` while the newest FileSuccess seen by the event indexer is younger than 30 days or nobody holds the file; else `db`. */
export const orderClasses = ['new', 'db'] as const;
export type OrderClass = (typeof orderClasses)[number];

export type Moves<S extends string> = Readonly<Record<S, readonly S[]>>;

export const orderMoves: Moves<OrderStatus> = {
  new: ['waiting', 'queued', 'handled', 'closed'],
  waiting: ['new', 'queued', 'handled', 'closed'],
  queued: ['new', 'waiting', 'pulling', 'handled', 'closed'],
  pulling: ['handled', 'queued', 'waiting', 'failed', 'closed'],
  handled: ['new', 'waiting', 'closed'],
  failed: ['new', 'handled', 'closed'],
  closed: ['new'],
};

export const pinMoves: Moves<PinStatus> = {
  running: ['sealed', 'lost', 'failed', 'interrupted'],
  sealed: ['lost', 'removed'],
  lost: ['sealed', 'removed'],
  failed: [],
  interrupted: [],
  removed: [],
};

export const cleanupMoves: Moves<CleanupStatus> = {
  seen: ['confirmed', 'cancelled'],
  confirmed: ['deleting', 'cancelled'],
  deleting: ['done', 'confirmed'],
  done: [],
  cancelled: [],
};
