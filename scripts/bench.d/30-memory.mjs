#!/usr/bin/env node
// resident memory of the server: idle, then with 500 open keep-alive connections that have each read a page
// Against a bare Node HTTP server with the same connections, in the same run.
import { readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const rss = (pid) => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

/** Opens `count` connections, reads `path` once on each, and keeps them open. */
async function hold(port, path, count) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: count, maxFreeSockets: count });
  const read = () => new Promise((done, fail) => http.get({ host: '127.0.0.1', port, path, agent, headers: { host: new URL(process.env.BENCH_URL).host } }, (answer) => {
    if (answer.statusCode !== 200) fail(new Error(`${path} answered ${answer.statusCode}`));
    answer.resume().on('end', done);
  }).on('error', fail));
  // 50 at a time: the question is what open connections cost, not a burst.
  for (let opened = 0; opened < count; opened += 50) {
    await Promise.all(Array.from({ length: opened + 50 }, read));
  }
  return agent;
}

async function measure(name, pid, port, path) {
  const idle = rss(pid);
  const agent = await hold(port, path, 500);
  await sleep(1000);
  const open = Object.values(agent.freeSockets).flat().length;
  const held = rss(pid);
  agent.destroy();
  console.log(`${name.padEnd(10)} idle ${idle.toFixed(1)} MiB, ${open} connections ${held.toFixed(1)} MiB, ratio ${(held / idle).toFixed(2)}`);
  return { idle, held };
}

const ours = await measure('ours', Number(process.env.BENCH_SERVER_PID), new URL(process.env.BENCH_URL).port, '/masuk');
const node = spawn(process.execPath, ['-e', 'require("http").createServer((q, a) => a.end("x".repeat(8000))).listen(3299, "127.0.0.1", () => console.log("up"))'], { stdio: ['ignore', 'pipe', 'inherit'] });
try {
  await new Promise((up) => node.stdout.once('data', up));
  const bare = await measure('bare Node', node.pid, 3299, '/');
  console.log(`ours / bare Node: idle ${(ours.idle / bare.idle).toFixed(2)}, with connections ${(ours.held / bare.held).toFixed(2)}`);
} finally {
  node.kill();
}
