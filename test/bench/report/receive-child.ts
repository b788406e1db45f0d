import { Client } from 'undici';
import { answer, childInput } from '../harness/child.ts';
import { forgetPeak, residentMiB } from './memory.ts';

// The limit: the same list received and parsed whole, with nothing done about it.

const { sworkerUrl } = childInput() as { sworkerUrl: string };
const client = new Client(sworkerUrl, { bodyTimeout: 0, headersTimeout: 0 });
const idleMiB = residentMiB().now;
forgetPeak();
const startedMs = performance.now();
const { body } = await client.request({ method: 'GET', path: '/api/v0/file/info_by_type?type=valid' });
const text = await body.text();
const files = Object.keys(JSON.parse(text) as Record<string, unknown>).length;
const seconds = (performance.now() - startedMs) / 1000;
await client.close();
await answer({ files, bytes: text.length, seconds, aboveIdleMiB: residentMiB().peak - idleMiB });
