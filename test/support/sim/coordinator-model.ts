import type { HttpRequest } from '../../../src/clients/http/transport.ts';
import type { SimHttpAnswer, SimHttpService } from './http-binding.ts';

export type CoordinatorReason = 'ok' | 'failed' | 'skipFile' | 'pullDisabled';

/** A seal coordinator: decides by `reasonFor` and remembers who asked for what. */
export class CoordinatorModel {
  readonly token: string;
  readonly nodeUuid = 'node-1';
  isReachable = true;
  /** Without it every wish is granted. */
  reasonFor: ((cid: string) => CoordinatorReason) | undefined;
  /** Files that were granted to this node and not given back. */
  readonly granted = new Set<string>();
  readonly requests: string[] = [];

  constructor(token: string) {
    this.token = token;
  }

  service(): SimHttpService {
    return {
      nameOf: ({ method, path }) => {
        const [, cid] = /\/seal\/(.+)$/u.exec(path) ?? [];
        return { part: 'coordinator', name: `${method} ${cid === undefined ? path : '/node/…/seal/…'}`, target: cid };
      },
      isReachable: () => this.isReachable,
      handle: async (request) => this.#handle(request),
      // It agrees to everything and remembers nothing, or does not know the way to itself.
      wrongAnswer: ({ method }) => {
        if (method === 'GET') return { status: 404, body: '' };
        return { status: 200, body: method === 'DELETE' ? '{}' : JSON.stringify({ seal: true, reason: 'ok' }) };
      },
    };
  }

  #handle({ method, path, headers = {} }: HttpRequest): SimHttpAnswer {
    if (headers['authorization'] !== `Bearer ${this.token}`) return { status: 401, body: '' };
    if (headers['nodeId'] !== this.nodeUuid) return { status: 400, body: 'nodeId' };
    if (method === 'GET' && path === '/ping') return { status: 200, body: 'pong' };
    const [, cid] = /^\/node\/node-1\/seal\/(.+)$/u.exec(path) ?? [];
    if (cid === undefined) return { status: 404, body: '' };
    this.requests.push(`${method} ${cid}`);
    if (method === 'DELETE') return { status: this.granted.delete(cid) ? 200 : 404, body: '{}' };
    const reason = this.reasonFor?.(cid) ?? 'ok';
    if (reason === 'ok') this.granted.add(cid);
    return { status: 200, body: JSON.stringify({ seal: reason === 'ok', reason }) };
  }
}
