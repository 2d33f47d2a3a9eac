#!/usr/bin/env node
// dashboard of a running loan, signed in: requests per second against the same bytes and against the same SQL; round trips of each page
// ours: the whole page with its session check and queries. `same bytes`: axum answering with that page as a string.
// `same SQL`: pgbench with the statements that PostgreSQL logged for one such request, prepared, on as many
// connections. Server and PostgreSQL on one processor, load on the other; A B B A, medians of the ratios.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { ask, bash, Browser, compare, cpu, load, median, pgbench, rounds, serve, start, Statements, written } from './lib.mjs';

const OURS = 3297, SAME = 3296, main = new URL(process.env.BENCH_URL).port;
const database = new URL(process.env.DATABASE_URL).pathname.slice(1);
const postmaster = bash(`as_postgres sed -n 1p "$(pg_home)/data/postmaster.pid"`);
const people = {
  jalan: await new Browser(main).signIn('jalan@contoh.id', '+6281100000003'),
  siap: await new Browser(main).signIn('siap@contoh.id', '+6281100000002'),
};
const loan = /\/pinjaman\/([0-9a-f-]{36})/.exec((await people.jalan.open('/pinjaman')).text)[1];

// --- round trips, and the SQL of the dashboard
const statements = new Statements(database);
let dashboard;
try {
  const copy = await serve(OURS);
  try {
    const pages = [['jalan', '/beranda'], ['siap', '/beranda'], ['siap', '/ajukan'], ['jalan', '/pinjaman'], ['jalan', `/pinjaman/${loan}`],
      ['jalan', `/bayar/${loan}`], ['jalan', '/notifikasi'], ['jalan', '/akun'], ['jalan', '/masuk']];
    for (const [who, path] of pages) {
      const read = () => ask(OURS, 'GET', path, { headers: { cookie: path === '/masuk' ? '' : people[who].cookie } });
      await read(); // the session's time is written at most once a minute: not what we count
      let answer;
      const ran = await statements.of(async () => { answer = await read(); });
      if (answer.status !== 200) throw new Error(`${path} answered ${answer.status} ${answer.headers.location ?? ''}`);
      console.log(`SQL round trips  ${path.replace(loan, '{id}').padEnd(20)} ${who.padEnd(6)} ${String(ran.length).padStart(3)}  of 1`);
      if (who === 'jalan' && path === '/beranda') dashboard = ran;
    }
    // The two commands with a goal of their own: signing in on a known device, and agreeing to a quote.
    const command = async (name, goal, work) => console.log(`SQL round trips  ${name.padEnd(27)} ${String((await statements.of(work)).length).padStart(3)}  of ${goal}`);
    const again = new Browser(OURS);
    again.cookies.set('__Host-device', people.siap.cookies.get('__Host-device'));
    await again.open('/masuk');
    await command('POST sign_in', 2, () => again.submit('/_fn/sign_in', { identifier: 'siap@contoh.id', password: process.env.DEMO_PASSWORD }));
    await again.open('/ajukan');
    const terms = { amount: '3.000.000', tenor_months: '6', purpose: 'household', other_instalments: '0', key: again.hidden('key') };
    let to;
    await command('POST quote', 2, async () => { to = await again.submit('/_fn/quote', terms); });
    await again.open(to);
    const consent = Object.fromEntries(['quote_id', 'disclosure_hash', 'purpose', 'key'].map((name) => [name, again.hidden(name)]));
    await command('POST apply', 2, async () => { to = await again.submit('/_fn/apply', { ...consent, accepted: 'on' }); });
    if (!to.startsWith('/pengajuan/')) throw new Error(`applied, and sent to ${to}`);
  } finally { await copy.stop(); }
} finally { statements.end(); }
const script = `${process.env.DATA ?? '.data'}/bench-dashboard.sql`;
writeFileSync(script, dashboard.map(written).join('\n') + '\n');

// --- throughput
execFileSync('taskset', ['-cp', '0', postmaster], { stdio: 'ignore' });
try {
  const copy = await serve(OURS);
  const page = await ask(OURS, 'GET', '/beranda', { headers: { cookie: people.jalan.cookie } });
  const file = `${process.env.DATA ?? '.data'}/bench-dashboard.html`;
  writeFileSync(file, page.text);
  const same = await start(`${process.env.BENCH_BIN}/examples/same_bytes`, [`127.0.0.1:${SAME}`, file], process.env, SAME, '/');
  const used = { ours: [], same: [] };
  const measured = (name, pid, port, cookie) => async () => {
    const before = cpu(pid);
    const { rate, count } = await load(port, '/beranda', cookie);
    used[name].push((cpu(pid) - before) / count * 1e6);
    return { rate };
  };
  try {
    await load(OURS, '/beranda', people.jalan.cookie); // warm
    const found = await rounds({
      ours: measured('ours', copy.pid, OURS, people.jalan.cookie),
      same: measured('same', same.pid, SAME, ''),
      sql: () => pgbench(script),
    });
    compare(`dashboard (${page.text.length} B, ${dashboard.length} statements)`, found.ours, found.same, 'same bytes');
    compare('', found.ours, found.sql, 'same SQL  ');
    console.log(`processor per request: ours ${median(used.ours).toFixed(0)} us, same bytes ${median(used.same).toFixed(0)} us`);
  } finally { await same.stop(); await copy.stop(); }
} finally {
  execFileSync('taskset', ['-cp', `0-${Number(execFileSync('nproc')) - 1}`, postmaster], { stdio: 'ignore' });
}
