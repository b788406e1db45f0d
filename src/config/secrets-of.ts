import type { Config } from './config.ts';
import type { EndPoint } from './end-point.ts';

/** Every text of the configuration that must never be printed: the log replaces them wherever they turn up. */
export function secretsOf(config: Config): readonly string[] {
  const endPoints = [
    ...config.chain.endPoints,
    config.sworker.endPoint,
    config.ipfs.endPoint,
    ...(config.telemetry === undefined ? [] : [config.telemetry.endPoint]),
    ...(config.sealCoordinator === undefined ? [] : [config.sealCoordinator.endPoint]),
  ];
  const token = config.sealCoordinator === undefined ? [] : [config.sealCoordinator.authToken.reveal()];
  return [...token, ...endPoints.flatMap(credentialsOf)].filter((text) => text !== '');
}

function credentialsOf(endPoint: EndPoint): readonly string[] {
  const { username, password, searchParams } = new URL(endPoint.reveal());
  // A web socket may carry an access key in its query.
  const keys = [...searchParams.values()].flatMap((key) => [key, encodeURIComponent(key)]);
  if (username === '' && password === '') return keys;
  const userInfo = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return [
    `${username}:${password}`,
    userInfo,
    Buffer.from(userInfo).toString('base64'),
    // A token may stand alone in the place of the user.
    ...(password === '' ? [username, decodeURIComponent(username)] : [password, decodeURIComponent(password)]),
    ...keys,
  ];
}
