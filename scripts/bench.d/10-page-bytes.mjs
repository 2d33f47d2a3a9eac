#!/usr/bin/env node
// bytes of each page, public and signed in, against what fits in one first flight (13.5 KB); and its scripts
// IW10 is 14,600 bytes; about 13,500 are left for the body after TLS and headers. `with css` adds the sheets that the
// page links: what a first visit needs to be readable. `js` and `wasm` are what the page links besides, brotli 11 as
// the build compressed them; goals: 2 KB of js and no wasm on a page without an island (P8c), 7 KB with css (P9).
import { statSync } from 'node:fs';
import http from 'node:http';
import { Browser, sleep } from './lib.mjs';

const FLIGHT = 13_500, { port, host } = new URL(process.env.BENCH_URL);

/** An answer's body as it comes over the wire. */
const body = (path, encoding, cookie) => new Promise((done, fail) => {
  http.get({ host: '127.0.0.1', port, path, headers: { host, cookie, 'accept-encoding': encoding } }, (answer) => {
    if (answer.statusCode !== 200) fail(new Error(`${path} answered ${answer.statusCode} ${answer.headers.location ?? ''}`));
    const chunks = [];
    answer.on('data', (chunk) => chunks.push(chunk)).on('end', () => done(Buffer.concat(chunks)));
  }).on('error', fail);
});

/** Built files of one kind that a page names, each once, brotli 11. */
function linked(html, kind) {
  const files = new Set([...html.matchAll(/"(\/pkg\/[^"]+)"/g)].map(([, file]) => file).filter((file) => file.endsWith(kind)));
  return [...files].reduce((sum, file) => sum + statSync(`${process.env.SITE}${file}.br`).size, 0);
}

function line(...columns) {
  console.log(columns.map((column, at) => (at ? String(column).padStart(9) : column.padEnd(30))).join(' '));
}

async function measure(name, path, cookie = '') {
  const plain = await body(path, 'identity', cookie), brotli = await body(path, 'br', cookie), gzip = await body(path, 'gzip', cookie);
  const html = plain.toString(), css = linked(html, '.css');
  // A server that does not compress with brotli answers in full; then gzip is what a phone gets.
  const readable = Math.min(brotli.length, gzip.length) + css;
  line(name, plain.length, brotli.length, gzip.length, readable, (readable / FLIGHT).toFixed(2), linked(html, '.js'), linked(html, '.wasm'));
}

line('page', 'html', 'brotli', 'gzip', 'with css', 'of flight', 'js', 'wasm');
for (const page of ['/', '/daftar', '/masuk', '/lupa-sandi', '/simulasi', '/biaya', '/privasi', '/bantuan', '/petugas/masuk']) {
  await measure(page, page);
}

const running = await new Browser(port).signIn('jalan@contoh.id', '+6281100000003');
const loan = /\/pinjaman\/([0-9a-f-]{36})/.exec((await running.open('/pinjaman')).text)[1];
await running.open(`/bayar/${loan}`);
const code = await running.submit('/_fn/pay', { loan, purpose: 'instalment', method: 'qris', amount: '', key: running.hidden('key') });
await sleep(500); // the gateway's answer
const pages = ['/beranda', '/pinjaman', '/pinjaman/{id}', '/pinjaman/{id}/perjanjian', '/pinjaman/{id}/hitungan', '/pinjaman/{id}/jalan-keluar',
  '/pinjaman/{id}/andai', '/pengajuan/{id}', '/bayar/{id}', '/notifikasi', '/akun'];
for (const page of pages) await measure(page, page.replace('{id}', loan), running.cookie);
await measure('/bayar/{id}?kode=', code, running.cookie);

// Somebody who may ask for another loan, up to the consent.
const free = await new Browser(port).signIn('lunas@contoh.id', '+6281100000005');
await measure('/ajukan', '/ajukan', free.cookie);
await free.open('/ajukan');
const consent = await free.submit('/_fn/quote', { amount: '1.000.000', tenor_months: '6', purpose: 'household', key: free.hidden('key') });
await measure('/ajukan/rincian', consent, free.cookie);
