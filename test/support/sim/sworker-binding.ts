import type { SworkerModel } from '../../../devnet/sworker/model.ts';
import { parseRawQuery, statusMessage } from '../../../devnet/sworker/wire.ts';
import type { SimHttpService } from './http-binding.ts';

/** sWorker's REST API as the bot asks for it. */
export function sworkerService(model: SworkerModel, isReachable: () => boolean): SimHttpService {
  return {
    nameOf({ method, path, body }) {
      const [route = '', query = ''] = path.split('?', 2);
      const asked = parseRawQuery(query);
      const type = asked.get('type');
      const name = `${method} ${route.replace('/api/v0', '')}${type === undefined ? '' : `?type=${type}`}`;
      return { part: 'sworker', name, target: asked.get('cid') ?? cidIn(body) };
    },
    isReachable,
    wrongAnswer({ path }) {
      // It has forgotten its files: empty lists, and no file by name.
      const isList = path.includes('/file/info_by_type');
      return isList ? { status: 200, body: '{}' } : statusMessage(404, 'File not found.');
    },
    async handle({ method, path, body }) {
      const [route = '', query = ''] = path.split('?', 2);
      return await model.handle({ method, path: route, query: parseRawQuery(query), body: Buffer.from(body ?? '') });
    },
  };
}

function cidIn(body: string | undefined): string | undefined {
  if (body === undefined) return undefined;
  const { cid } = JSON.parse(body) as { cid?: string };
  return cid;
}
