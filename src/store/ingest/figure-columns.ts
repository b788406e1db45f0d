/** The columns that hold what `FilesV2` says, in the order in which a row of `readRows` has them, from its fourth place on. */
export const figures = [
  'size_bytes',
  'reward_pico',
  'calculated_block',
  'expiry_block',
  'replicas',
  'group_hold',
  'group_owner_id',
];

export const columnsOf = (table: string): string => figures.map((column) => `${table}.${column}`).join(', ');
