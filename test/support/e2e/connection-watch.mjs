// Loaded into a bot and its child processes by NODE_OPTIONS=--import. Writes down every way out of the process that Node has, below all of its own
// modules, as a line of JSON in the file that CONNECTION_WATCH names.
import { appendFileSync } from 'node:fs';

const file = process.env.CONNECTION_WATCH;
const note = (kind, what) => appendFileSync(file, `${JSON.stringify({ kind, what: String(what) })}\n`);

/** Calls `seen` with the arguments of each call of a method, and lets it go on. */
function watch(prototype, method, seen) {
  const original = prototype[method];
  if (typeof original !== 'function') throw new Error(`there is no ${method} to watch`);
  prototype[method] = function watched(...args) {
    seen(...args);
    return original.apply(this, args);
  };
}

const { TCP } = process.binding('tcp_wrap');
for (const method of ['connect', 'connect6']) {
  watch(TCP.prototype, method, (_, address, port) => note('connect', `${address}:${port}`));
}
for (const method of ['bind', 'bind6'])
  watch(TCP.prototype, method, (address, port) => note('listen', `${address}:${port}`));
watch(process.binding('pipe_wrap').Pipe.prototype, 'connect', (_, name) => note('pipe', name));
const { UDP } = process.binding('udp_wrap');
for (const method of ['bind', 'bind6', 'connect', 'connect6', 'send', 'send6']) {
  watch(UDP.prototype, method, () => note('udp', method));
}
const resolver = process.binding('cares_wrap');
watch(resolver, 'getaddrinfo', (_, name) => note('look-up', name));
for (const method of Object.getOwnPropertyNames(resolver.ChannelWrap.prototype).filter((name) =>
  name.startsWith('query'),
)) {
  watch(resolver.ChannelWrap.prototype, method, (_, name) => note('query', name));
}
watch(process.binding('process_wrap').Process.prototype, 'spawn', ({ file: program, args }) =>
  note('start', args?.slice(1).join(' ') ?? program),
);
