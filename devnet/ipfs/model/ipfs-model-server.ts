import { HttpFaults } from '../../http/faults.ts';
import { listenHttp } from '../../http/listen.ts';
import type { IpfsModel } from './ipfs-model.ts';
import { everyHalfSecond, type Ticker } from '../rpc/rpc-pin-add.ts';
import { nodeRpcListener } from '../rpc/rpc-routes.ts';

export interface IpfsModelServer {
  /** With `/api/v0`. */
  readonly apiUrl: string;
  readonly port: number;
  readonly faults: HttpFaults;
  close(): Promise<void>;
}

/** Puts a simulated daemon on a loopback port, for clients that speak HTTP. While the model is crashed every connection is cut. */
export async function startIpfsModelServer(
  model: IpfsModel,
  options: { port?: number; ticker?: Ticker } = {},
): Promise<IpfsModelServer> {
  const faults = new HttpFaults();
  const rpc = nodeRpcListener({
    node: model,
    lock: model.lock,
    ticker: options.ticker ?? everyHalfSecond,
    pinAdd: (cid, pinOptions) => model.pinAdd(cid, pinOptions),
  });
  const listener = await listenHttp(
    faults.wrap((request, response) => {
      if (model.isRunning) rpc(request, response);
      else request.socket.destroy();
    }),
    options.port,
  );
  const cut = () => listener.cutConnections();
  model.crashListeners.add(cut);
  return {
    apiUrl: `${listener.origin}/api/v0`,
    port: listener.port,
    faults,
    async close() {
      model.crashListeners.delete(cut);
      await listener.close();
    },
  };
}
