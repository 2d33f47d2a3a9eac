#!/usr/bin/env node
// from exec to the first 200 of /health/live and /health/ready, median of 10, against a bare Node HTTP server
// Interleaved: one start of each, ten rounds. The copies listen on ports of their own and are stopped by pid.
import { spawn } from 'node:child_process';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const PORT = 3298;
const answers = (path) => new Promise((done) => http.get({ host: '127.0.0.1', port: PORT, path, agent: false }, (answer) => {
  answer.resume();
  done(answer.statusCode === 200);
}).on('error', () => done(false)));

/** Milliseconds until `path` answers 200. */
async function start(command, args, path) {
  const begin = performance.now();
  const child = spawn(command, args, { stdio: 'ignore', env: { ...process.env, LISTEN_ADDR: `127.0.0.1:${PORT}`, INTERNAL_LISTEN_ADDR: '' } });
  const ended = new Promise((done) => child.once('exit', done));
  try {
    while (!(await answers(path))) {
      if (child.exitCode !== null || performance.now() - begin > 20_000) throw new Error(`${command} did not answer`);
      await sleep(1);
    }
    return performance.now() - begin;
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

const server = `${process.env.BENCH_BIN}/server`;
const runs = { 'ours, live': [], 'ours, ready': [], 'bare Node': [] };
for (let round = 0; round < 10; round += 1) {
  runs['ours, live'].push(await start(server, ['serve'], '/health/live'));
  runs['ours, ready'].push(await start(server, ['serve'], '/health/ready'));
  runs['bare Node'].push(await start(process.execPath, ['-e', `require("http").createServer((q, a) => a.end()).listen(${PORT}, "127.0.0.1")`], '/'));
}
const median = (values) => [...values].sort((a, b) => a - b).slice(4, 6).reduce((a, b) => a + b) / 2;
const reference = median(runs['bare Node']);
for (const [name, values] of Object.entries(runs)) {
  console.log(`${name.padEnd(12)} ${median(values).toFixed(1).padStart(7)} ms  (${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)})  ratio ${(median(values) / reference).toFixed(2)}`);
}
