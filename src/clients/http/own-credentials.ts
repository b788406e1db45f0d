import type { EndPoint } from '../../config/end-point.ts';
import { basicAuthorization } from './authorization.ts';

const shown = '[secret]';
/** A shorter value is no secret, and would be found in ordinary words. */
const leastLength = 4;

/**
 * Takes out of an answer's words what its request was authorised with: a proxy or a service in its debugging mode repeats the headers it was sent,
 * and the reason of a failure goes into the log and the database.
 */
export function withoutOwnCredentials(
  text: string,
  endPoint: EndPoint,
  headers: Readonly<Record<string, string>> = {},
): string {
  const values = [headers['authorization'], basicAuthorization(new URL(endPoint.reveal()))['authorization']];
  // The scheme (`Bearer`, `Basic`) is none.
  const secrets = values
    .map((value) => value?.replace(/^\S+\s+/u, '') ?? '')
    .filter(({ length }) => length >= leastLength);
  const forms = secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  return forms.reduce((cleared, form) => cleared.replaceAll(form, shown), text);
}
