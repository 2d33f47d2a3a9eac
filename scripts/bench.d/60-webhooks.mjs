#!/usr/bin/env node
// notices of payments, committed before their 200, against pgbench's simple update; copies; patience at half load; a gateway that hangs
// ours: distinct signed notices over 8 connections to a server without a worker, on a database of its own. `simple
// update`: pgbench -N on as many connections. Server and PostgreSQL on one processor, load on the other; A B B A.
// Bars: 0.18, p99 under 150 ms at half the rate, copies 2.5 times as fast, p99 of a page 50 ms worse at most.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import http from 'node:http';
import { ask, bash, Browser, CLIENTS, compare, median, pgbench, ROUNDS, rounds, SECONDS, serve, sleep } from './lib.mjs';

const PORT = 3297, KEY = process.env.MIDTRANS_SERVER_KEY;
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
const quantile = (values, part) => [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * part)];
const count = (name, sql) => Number(bash(`psql -X -At "$(database_url ${name})" -c '${sql}'`));

function notice(number) {
  const id = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`, order = `SGP-BENCH-${number}`, amount = '544650.00';
  const signature_key = createHash('sha512').update(`${order}200${amount}${KEY}`).digest('hex');
  return JSON.stringify({ order_id: order, transaction_id: id, status_code: '200', transaction_status: 'settlement', gross_amount: amount, currency: 'IDR', signature_key });
}

/** Milliseconds until the whole answer; anything but `status` is an error. */
function timed(port, method, path, body, status, headers = {}) {
  const begun = process.hrtime.bigint();
  return new Promise((done, fail) => {
    const request = http.request({ host: '127.0.0.1', port, method, path, agent, headers: { host: new URL(process.env.BENCH_URL).host, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers } }, (answer) => {
      answer.resume().on('end', () => answer.statusCode === status ? done(Number(process.hrtime.bigint() - begun) / 1e6) : fail(new Error(`${path} answered ${answer.statusCode}`)));
    });
    request.on('error', fail).end(body);
  });
}
const send = (number) => timed(PORT, 'POST', '/webhooks/midtrans', notice(number), 200);

/** Notices `next()` says, one after the other on each connection, for SECONDS: how many a second. */
async function flood(next) {
  const end = Date.now() + SECONDS * 1000;
  let done = 0;
  await Promise.all(Array.from({ length: CLIENTS }, async () => { while (Date.now() < end) { await send(next()); done += 1; } }));
  return { rate: done / SECONDS };
}

/** One call each time its turn comes, whether or not the earlier ones have ended: how long each took from its turn on. */
async function paced(rate, seconds, call) {
  const begun = performance.now(), waiting = [];
  for (let number = 0; number < rate * seconds; number += 1) {
    const turn = begun + number * 1000 / rate, ahead = turn - performance.now();
    if (ahead > 1) await sleep(ahead);
    waiting.push(call().then(() => performance.now() - turn));
  }
  return Promise.all(waiting);
}

const postmaster = bash(`as_postgres sed -n 1p "$(pg_home)/data/postmaster.pid"`);
const all = `0-${Number(execFileSync('nproc')) - 1}`, pin = (processors, pid) => execFileSync('taskset', ['-acp', processors, String(pid)], { stdio: 'ignore' });
for (const name of ['sanggup_webhooks', 'sanggup_pgbench']) bash(`fresh_database ${name}`);
const url = (name) => bash(`database_url ${name}`);
execFileSync(`${process.env.BENCH_BIN}/server`, ['migrate'], { env: { ...process.env, DATABASE_URL: url('sanggup_webhooks') }, stdio: 'ignore' });
execFileSync('pgbench', ['-i', '-q', '-s', '10', url('sanggup_pgbench')], { stdio: 'ignore' });

pin('0', postmaster);
pin(all.slice(2) || '0', process.pid);
const copy = await serve(PORT, { DATABASE_URL: url('sanggup_webhooks'), LIMIT_WEBHOOK: 'off' });
try {
  let fresh = 0, again = 0;
  await flood(() => (fresh += 1)); // warm
  const found = await rounds({
    ours: () => flood(() => (fresh += 1)),
    update: () => pgbench(null, url('sanggup_pgbench'), ['-N']),
    copies: async () => {
      const before = count('sanggup_webhooks', 'select count(*) from payments.inbox');
      const done = await flood(() => (again = again % fresh + 1));
      const after = count('sanggup_webhooks', 'select count(*) from payments.inbox');
      if (after !== before) throw new Error(`copies made ${after - before} rows`);
      return done;
    },
  });
  const rows = count('sanggup_webhooks', 'select count(*) from payments.inbox');
  if (rows !== fresh) throw new Error(`${fresh} notices were answered with 200, ${rows} are there`);
  compare('notices', found.ours, found.update, 'simple update');
  compare('copies of notices', found.copies, found.ours, 'notices      ');
  const half = median(found.ours) / 2;
  const took = await paced(half, SECONDS * 2, () => send(fresh += 1));
  console.log(`at ${half.toFixed(0)} notices a second: median ${quantile(took, 0.5).toFixed(1)} ms, p99 ${quantile(took, 0.99).toFixed(1)} ms of 150`);
} finally { await copy.stop(); pin(all, postmaster); }
for (const name of ['sanggup_webhooks', 'sanggup_pgbench']) bash(`psql_admin -d postgres -c 'drop database ${name} with (force)'`);

// --- a page, while every call to the collecting gateway hangs
const main = Number(new URL(process.env.BENCH_URL).port), [host, port] = process.env.SANDBOX_LISTEN.split(':');
const control = (method, body = '') => ask(port, method, '/_sim/faults', { body, headers: { host, 'content-type': 'application/json' } });
const person = await new Browser(main).signIn('jalan@contoh.id', '+6281100000003');
const loan = /\/pinjaman\/([0-9a-f-]{36})/.exec((await person.open('/pinjaman')).text)[1];
const csrf = /<meta name="csrf" content="([^"]*)"/.exec(person.html)[1], page = `/bayar/${loan}`;
const look = () => paced(40, SECONDS, () => timed(main, 'GET', '/beranda', '', 200, { cookie: person.cookie }));
const methods = ['qris', 'va_bca', 'va_bni', 'va_bri', 'va_mandiri', 'va_permata'];
/** Twelve people wait for a code that does not come. */
const wait = () => Promise.all(Array.from({ length: 12 }, (_, number) => {
  const fields = { page, csrf, loan, purpose: 'amount', amount: String(50_000 + number), method: methods[number % 6], key: `key-of-a-hanging-gateway-${Date.now()}-${number}` };
  return person.send('POST', '/_fn/pay', { body: new URLSearchParams(fields).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } });
}));
const quiet = [], hanging = [];
for (let round = 0; round < ROUNDS; round += 1) {
  quiet.push(quantile(await look(), 0.99));
  await control('POST', JSON.stringify({ route: '/v2/charge', mode: 'timeout_after_accept', times: 100, ms: 30_000 }));
  const waiting = wait();
  await sleep(300);
  hanging.push(quantile(await look(), 0.99));
  await control('DELETE');
  await waiting;
}
console.log(`dashboard p99: ${median(quiet).toFixed(1)} ms, with a hanging gateway ${median(hanging).toFixed(1)} ms (at most 50 more)`);
agent.destroy();
