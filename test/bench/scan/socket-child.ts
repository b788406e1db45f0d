import { once } from 'node:events';
import { WebSocket } from 'ws';
import { answer, childInput } from '../harness/child.ts';
import type { SocketInput, SocketOutput } from './measured.ts';
import { PlainReader } from './plain-reader.ts';

// The limit of a scan's reading.

const MAX_MESSAGE_BYTES = 2 ** 30;

const { url, ...limits } = childInput() as SocketInput;
const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: MAX_MESSAGE_BYTES });
await once(socket, 'open');
const reader = new PlainReader(socket, limits);
const cpuBefore = process.cpuUsage();
const startedMs = performance.now();
await reader.readAll();
const ms = performance.now() - startedMs;
const { user, system } = process.cpuUsage(cpuBefore);
const cpuMs = (user + system) / 1000;
socket.terminate();
await answer({ ms, cpuMs, orders: reader.values, keys: reader.keys } satisfies SocketOutput);
