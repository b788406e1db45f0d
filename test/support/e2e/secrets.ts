import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonObject } from '../../../devnet/world/bot-config.ts';
import { toAddress } from '../../../devnet/chain/accounts.ts';
import type { World } from '../../../devnet/world/world.ts';
import type { BotHome } from './bot-home.ts';

const [user, password] = ['operator', 'pa55"w\\rd/?%'] as const;

/** What must not come to light of a bot that was led to its world by `secretWays`. */
export const waysSecrets: readonly string[] = formsOf(user, password);

/** Addresses by which a bot is led to the parts of its world. */
export interface Ways {
  readonly chain?: string;
  readonly sworker?: string;
  readonly ipfs: string;
  /** The collector of reports; none without it. */
  readonly telemetry?: string;
}

/** Sections of a configuration with these addresses, or else the world's own; each has a password that nobody asks for. */
export function secretWays(
  { network, chainServer, sworkerServer }: World,
  { chain = chainServer.url, sworker = new URL(sworkerServer.apiUrl).origin, ipfs, telemetry }: Ways,
): JsonObject {
  const hidden = (address: string): string => withCredentials(address, user, password);
  return {
    chain: { account: toAddress(network.account), endPoint: hidden(chain) },
    sworker: { endPoint: hidden(sworker) },
    ipfs: { endPoint: hidden(ipfs) },
    ...(telemetry === undefined ? {} : { telemetry: { endPoint: hidden(telemetry) } }),
  };
}

/** `user:password` before the host of an address. */
export function withCredentials(address: string, user: string, password: string): string {
  return address.replace('://', `://${encodeURIComponent(user)}:${encodeURIComponent(password)}@`);
}

/** All forms in which a password of an address could come to light. */
export function formsOf(user: string, password: string): readonly string[] {
  const basic = Buffer.from(`${user}:${password}`).toString('base64');
  return [...formsOfText(password), basic, Buffer.from(password).toString('base64')];
}

/** As it is, in a URL, in JSON. */
export function formsOfText(secret: string): readonly string[] {
  return [secret, encodeURIComponent(secret), encodeURI(secret), JSON.stringify(secret).slice(1, -1)];
}

/** Where any of the secrets turns up: in what was printed, or in a file of the data directory. */
export async function findSecrets(home: BotHome, secrets: readonly string[]): Promise<readonly string[]> {
  return [...secretsIn('printed', home.printed, secrets), ...(await secretsInFiles(home, secrets))];
}

export async function secretsInFiles(home: BotHome, secrets: readonly string[]): Promise<readonly string[]> {
  const entries = await readdir(home.dataDir, { recursive: true, withFileTypes: true });
  const found = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) =>
      secretsIn(entry.name, (await readFile(join(entry.parentPath, entry.name))).toString('latin1'), secrets),
    );
  return (await Promise.all(found)).flat();
}

export function secretsIn(where: string, text: string, secrets: readonly string[]): readonly string[] {
  return secrets.flatMap((secret) => {
    const at = text.indexOf(secret);
    return at < 0 ? [] : [`${where}: …${text.slice(Math.max(0, at - 80), at + secret.length + 20)}…`];
  });
}
