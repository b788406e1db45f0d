import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface KuboPorts {
  readonly api: number;
  readonly swarm: number;
}

export interface KuboSettings {
  /** 0 takes a free one at every start. */
  readonly ports: KuboPorts;
  /** In Kubo's spelling, such as `1GB`. */
  readonly storageMax: string;
}

type Section = Record<string, unknown>;

/** Rewrites the configuration of a repository made with `--profile=test` so that nothing but loopback is listened on or dialled. */
export async function writeKuboConfig(repoDir: string, settings: KuboSettings): Promise<void> {
  const path = join(repoDir, 'config');
  const config = JSON.parse(await readFile(path, 'utf8')) as Record<string, Section | unknown[]>;
  const set = (name: string, values: Section) => {
    const before = config[name];
    config[name] = Array.isArray(before) ? values : { ...before, ...values };
  };
  set('Addresses', {
    API: `/ip4/127.0.0.1/tcp/${settings.ports.api}`,
    Gateway: [],
    Swarm: [`/ip4/127.0.0.1/tcp/${settings.ports.swarm}`],
  });
  set('Datastore', { StorageMax: settings.storageMax });
  set('Discovery', { MDNS: { Enabled: false } });
  set('Swarm', {
    DisableNatPortMap: true,
    EnableHolePunching: false,
    RelayClient: { Enabled: false },
    RelayService: { Enabled: false },
    Transports: {
      Network: { QUIC: false, WebTransport: false, Websocket: false, WebRTCDirect: false, Relay: false },
    },
  });
  config['Routing'] = { Type: 'none', DelegatedRouters: [] };
  config['Bootstrap'] = [];
  config['AutoNAT'] = { ServiceMode: 'disabled' };
  config['AutoConf'] = { Enabled: false };
  config['AutoTLS'] = { Enabled: false };
  config['HTTPRetrieval'] = { Enabled: false };
  config['Provide'] = { Enabled: false };
  config['Version'] = { SwarmCheckEnabled: false };
  config['Plugins'] = { Plugins: { telemetry: { Disabled: true } } };
  await writeFile(path, JSON.stringify(config, undefined, 2));
}
