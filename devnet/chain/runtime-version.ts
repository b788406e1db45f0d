import { fromHex } from './hex.ts';
import { concat, text, u32, vec } from './scale/write.ts';

/** 22: replicas change in the work report itself. 25: they change through the spower service. */
export type SpecVersion = 22 | 25;

export const SPEC_VERSIONS: readonly SpecVersion[] = [22, 25];

/** The runtime APIs of a Crust node, as (blake2-64 of the name, version). */
const RUNTIME_APIS: readonly (readonly [string, number])[] = [
  ['0xdf6acb689907609b', 3],
  ['0x37e397fc7c91f5e4', 1],
  ['0x40fe3ad401f8959a', 4],
  ['0xd2bc9897eed08f15', 2],
  ['0xf78b278be53f454c', 2],
  ['0xcbca25e39f142387', 2],
  ['0xed99c5acb25eedf5', 2],
  ['0x687ad44ad37f03c2', 1],
  ['0xab3c0572291feb8b', 1],
  ['0xbc9d89904f5b923f', 1],
  ['0x37c8bb1350a9a2a8', 1],
];

/** As `state_getRuntimeVersion` answers. */
export type RuntimeVersion = ReturnType<typeof runtimeVersion>;

export function runtimeVersion(specVersion: SpecVersion) {
  return {
    specName: 'crust',
    implName: 'crustio-crust',
    authoringVersion: 1,
    specVersion,
    implVersion: 1,
    apis: RUNTIME_APIS,
    transactionVersion: 1,
  };
}

export function encodeRuntimeVersion(version: RuntimeVersion): Uint8Array {
  return concat([
    text(version.specName),
    text(version.implName),
    u32(version.authoringVersion),
    u32(version.specVersion),
    u32(version.implVersion),
    vec(version.apis.map(([id, apiVersion]) => concat([fromHex(id), u32(apiVersion)]))),
    u32(version.transactionVersion),
  ]);
}
