/**
 * The Crust runtime's own types, for `typesBundle.spec.crust` of @polkadot/api. Needed wherever the runtime's metadata is
 * older than V14, because such metadata names types without describing them. Byte order and layout as in the pallets
 * market, swork, benefits, locks, staking and the bridge of the runtime (spec 17 to 25).
 */
export const crustTypes = {
  // This runtime counts providers of an account, but no sufficient references.
  AccountInfo: 'AccountInfoWithProviders',
  Address: 'AccountId',
  LookupSource: 'AccountId',
  // A module error is two bytes (pallet, error); with today's five, every block with a failed extrinsic decodes wrongly.
  DispatchError: 'DispatchErrorPre6First',

  // A CID as the customer typed it, or a root hash: any bytes.
  MerkleRoot: 'Bytes',
  SworkerAnchor: 'Bytes',
  SworkerPubKey: 'Bytes',
  SworkerSignature: 'Bytes',
  SworkerCert: 'Bytes',
  SworkerCode: 'Bytes',
  IASSig: 'Bytes',
  ISVBody: 'Bytes',
  // A block number, multiple of the slot length.
  ReportSlot: 'u64',
  Public: '[u8; 32]',

  FileInfoV2: {
    file_size: 'u64',
    spower: 'u64',
    expired_at: 'BlockNumber',
    calculated_at: 'BlockNumber',
    amount: 'Compact<Balance>',
    prepaid: 'Compact<Balance>',
    reported_replica_count: 'u32',
    remaining_paid_count: 'u32',
    replicas: 'BTreeMap<AccountId, Replica>',
  },
  Replica: {
    who: 'AccountId',
    valid_at: 'BlockNumber',
    anchor: 'SworkerAnchor',
    is_reported: 'bool',
    created_at: 'Option<BlockNumber>',
  },

  Identity: {
    anchor: 'SworkerAnchor',
    punishment_deadline: 'ReportSlot',
    group: 'Option<AccountId>',
  },
  Group: {
    members: 'BTreeSet<AccountId>',
    allowlist: 'BTreeSet<AccountId>',
  },
  PKInfo: {
    code: 'SworkerCode',
    anchor: 'Option<SworkerAnchor>',
  },
  WorkReport: {
    report_slot: 'u64',
    spower: 'u64',
    free: 'u64',
    reported_files_size: 'u64',
    reported_srd_root: 'MerkleRoot',
    reported_files_root: 'MerkleRoot',
  },

  EthereumTxHash: 'H256',
  ETHAddress: 'Bytes',
  EraBenefits: {
    total_fee_reduction_quota: 'Compact<Balance>',
    total_market_active_funds: 'Compact<Balance>',
    used_fee_reduction_quota: 'Compact<Balance>',
    active_era: 'Compact<EraIndex>',
  },
  FundsType: { _enum: ['SWORK', 'MARKET'] },
  FundsUnlockChunk: { value: 'Compact<Balance>', era: 'Compact<EraIndex>' },
  MarketBenefit: {
    total_funds: 'Compact<Balance>',
    active_funds: 'Compact<Balance>',
    used_fee_reduction_quota: 'Compact<Balance>',
    file_reward: 'Compact<Balance>',
    refreshed_at: 'Compact<EraIndex>',
    unlocking_funds: 'Vec<FundsUnlockChunk>',
  },
  SworkBenefit: {
    total_funds: 'Compact<Balance>',
    active_funds: 'Compact<Balance>',
    total_fee_reduction_count: 'u32',
    used_fee_reduction_count: 'u32',
    refreshed_at: 'Compact<EraIndex>',
    unlocking_funds: 'Vec<FundsUnlockChunk>',
  },
  Lock: { total: 'Compact<Balance>', last_unlock_at: 'BlockNumber', lock_type: 'LockType' },
  LockType: { delay: 'BlockNumber', lock_period: 'u32' },
  Guarantee: {
    targets: 'Vec<IndividualExposure>',
    total: 'Compact<Balance>',
    submitted_in: 'EraIndex',
    suppressed: 'bool',
  },
  ValidatorPrefs: { guarantee_fee: 'Compact<Perbill>' },
  BridgeChainId: 'u8',
  ChainId: 'u8',
  ResourceId: '[u8; 32]',
  DepositNonce: 'u64',
  ProposalStatus: { _enum: ['Initiated', 'Approved', 'Rejected'] },
  ProposalVotes: {
    votes_for: 'Vec<AccountId>',
    votes_against: 'Vec<AccountId>',
    status: 'ProposalStatus',
    expiry: 'BlockNumber',
  },
};
