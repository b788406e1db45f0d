import { ApiPromise, WsProvider } from '@polkadot/api';

import { ChainModel } from '../../../../devnet/chain/model.ts';
import type { ChainOptions } from '../../../../devnet/chain/model.ts';
import { ChainRpc } from '../../../../devnet/chain/rpc.ts';
import { ChainServer } from '../../../../devnet/chain/server.ts';
import { crustTypes } from '../../../../src/clients/chain/crust-types.ts';

export type ChainWithApi = {
  readonly chain: ChainModel;
  readonly server: ChainServer;
  readonly api: ApiPromise;
  readonly close: () => Promise<void>;
};

/** A chain behind a WebSocket server, and a stock client connected to it. */
export async function chainWithApi(options: Partial<ChainOptions> = {}): Promise<ChainWithApi> {
  const chain = new ChainModel(options);
  const server = await ChainServer.listen(new ChainRpc(chain));
  const provider = new WsProvider(server.url, false);
  await provider.connect();
  const api = await ApiPromise.create({
    provider,
    noInitWarn: true,
    typesBundle: { spec: { crust: { types: [{ minmax: [0, undefined], types: crustTypes }] } } },
  });
  const close = async () => {
    await api.disconnect();
    await server.close();
  };
  return { chain, server, api, close };
}
