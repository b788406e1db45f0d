/** The row of a walk that came to its end. */
export const completeWalk = {
  status: 'complete',
  reason: 'first',
  reads_all: 1,
  anchor_block: 1,
  oldest_page_block: 1,
  newest_page_block: 1,
  cursor: '0x',
  started_ms: 0,
};
