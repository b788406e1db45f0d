/** Storage keys (of items) and prefixes (of maps): twox128 of the pallet's name, then of the item's. They are the same in every runtime. */
export const storagePrefixes = {
  marketFilesV2: '0x5ebf094108ead4fefa73f7a3b13cb4a76ed21091d079415ef4a35264c626448d',
  marketFileKeysCount: '0x5ebf094108ead4fefa73f7a3b13cb4a7a5849549b9f124e033147534de37d156',
  sworkIdentities: '0x2e3b7ab5757e6bbf28d3df3b5e01d6b918373f80b4a94950c1f99840fd083e68',
  sworkGroups: '0x2e3b7ab5757e6bbf28d3df3b5e01d6b92f583424865f2346c0f5c066f24dd499',
  sworkWorkReports: '0x2e3b7ab5757e6bbf28d3df3b5e01d6b9b7e949778e4650a54fcc65ad1f1ba39f',
  sworkCurrentReportSlot: '0x2e3b7ab5757e6bbf28d3df3b5e01d6b9fb9157173600aa9986e951b7da0bb478',
  systemNumber: '0x26aa394eea5630e07c48ae0c9558cef702a5c1b19ab7a04f536c519aca4983ac',
  systemEvents: '0x26aa394eea5630e07c48ae0c9558cef780d41e5e16056765bc8461851072c9d7',
  timestampNow: '0xf0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb',
} as const;
