// What the benches of requests share: a signed-in browser, load, counters, and the SQL that a request runs.
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, statSync, openSync, readSync, closeSync } from 'node:fs';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export const ORIGIN = process.env.BENCH_URL;
export const SECONDS = Number(process.env.BENCH_SECONDS ?? 5);
export const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
export const CLIENTS = 8;
export { sleep };

/** One request; redirects are the caller's. */
export function ask(port, method, path, { headers = {}, body = '' } = {}) {
  return new Promise((done, fail) => {
    const request = http.request({
      host: '127.0.0.1', port, method, path,
      headers: { host: new URL(ORIGIN).host, 'content-length': Buffer.byteLength(body), ...headers },
    }, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk)).on('end', () => done({
        status: answer.statusCode, headers: answer.headers, text: Buffer.concat(chunks).toString(),
      }));
    });
    request.on('error', fail).end(body);
  });
}

/** A browser without JavaScript. */
export class Browser {
  cookies = new Map();
  constructor(port) { this.port = port; }
  get cookie() { return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '); }

  async send(method, path, extra = {}) {
    const headers = { cookie: this.cookie, 'sec-fetch-site': 'same-origin', origin: ORIGIN, ...extra.headers };
    const answer = await ask(this.port, method, path, { ...extra, headers });
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (line.includes('Max-Age=0')) this.cookies.delete(name); else this.cookies.set(name, value);
    }
    return answer;
  }

  async open(path) {
    const answer = await this.send('GET', path);
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status} ${answer.headers.location ?? ''}`);
    this.page = path;
    this.html = answer.text;
    return answer;
  }

  /** Sends a form of the open page; answers where it leads. */
  async submit(action, fields) {
    const csrf = /<meta name="csrf" content="([^"]*)"/.exec(this.html)?.[1] ?? '';
    const body = new URLSearchParams({ page: this.page, csrf, ...fields }).toString();
    const answer = await this.send('POST', action, { body, headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    if (answer.status !== 303) throw new Error(`${action} answered ${answer.status} ${answer.text.slice(0, 200)}`);
    return answer.headers.location;
  }

  hidden(name) {
    const found = new RegExp(`<input[^>]*name="${name}"[^>]*>`).exec(this.html)?.[0];
    return /value="([^"]*)"/.exec(found ?? '')?.[1] ?? '';
  }

  /** Password, then the code that the sandbox caught: a device not seen before. The worker must run. */
  async signIn(email, phone) {
    await this.open('/masuk');
    let to = await this.submit('/_fn/sign_in', { identifier: email, password: process.env.DEMO_PASSWORD });
    const challenge = /kode=([^&]+)/.exec(to)?.[1];
    if (challenge) {
      await this.open(to);
      let code;
      for (let tries = 0; !code && tries < 100; tries += 1) {
        await sleep(100);
        const [host, port] = process.env.SANDBOX_LISTEN.split(':');
        const caught = JSON.parse((await ask(port, 'GET', `/_sim/messages?to=${encodeURIComponent(phone)}`, { headers: { host } })).text);
        code = /\b\d{6}\b/.exec(caught[0]?.text ?? '')?.[0];
      }
      if (!code) throw new Error(`no code reached ${phone}`);
      to = await this.submit('/_fn/verify_code', { challenge: decodeURIComponent(challenge), code });
    }
    if (to !== '/beranda') throw new Error(`signed in, and sent to ${to}`);
    return this;
  }
}

/** Another copy of the server, on the first processor where the machine has two; stop it when done. */
export async function serve(port, extra = {}) {
  const env = { ...process.env, LISTEN_ADDR: `127.0.0.1:${port}`, INTERNAL_LISTEN_ADDR: '', RUST_LOG: 'error', ...extra };
  return start(`${process.env.BENCH_BIN}/server`, ['serve'], env, port, '/health/ready');
}

/** A program that serves HTTP on `port`. */
export async function start(command, args, env, port, path) {
  const child = spawn('taskset', ['-c', '0', command, ...args], { stdio: ['ignore', 'ignore', 'inherit'], env });
  const ended = new Promise((done) => child.once('exit', done));
  for (let tries = 0; ; tries += 1) {
    const up = await ask(port, 'GET', path).then((answer) => answer.status === 200, () => false);
    if (up) break;
    if (child.exitCode !== null || tries > 400) throw new Error(`${command} does not serve`);
    await sleep(50);
  }
  return { pid: child.pid, stop: async () => { child.kill('SIGTERM'); await ended; } };
}

/** Seconds of processor that a process has used. */
export function cpu(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Requests per second of `path`, from the last processor; any answer but 2xx is an error. */
export async function load(port, path, cookie = '') {
  const output = await run('taskset', ['-c', String(lastCpu()), 'wrk', '-t1', `-c${CLIENTS}`, `-d${SECONDS}s`,
    '-H', `host: ${new URL(ORIGIN).host}`, '-H', `cookie: ${cookie}`, `http://127.0.0.1:${port}${path}`]);
  const bad = /Non-2xx or 3xx responses: (\d+)/.exec(output);
  if (bad) throw new Error(`${path}: ${bad[1]} answers were refusals`);
  return { rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(output)[1]), count: Number(/(\d+) requests in/.exec(output)[1]) };
}

/** Transactions per second of a pgbench script, from the last processor. */
export async function pgbench(file, url = process.env.DATABASE_URL, extra = ['-f', file]) {
  const output = await run('taskset', ['-c', String(lastCpu()), 'pgbench', '-n', '-M', 'prepared', `-c${CLIENTS}`, '-j1', `-T${SECONDS}`, ...extra, url]);
  return { rate: Number(/tps = ([\d.]+)/.exec(output)[1]) };
}

const lastCpu = () => (Number(execFileSync('nproc')) > 1 ? 1 : 0);

export function run(command, args, options = {}) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let output = '', errors = '';
    child.stdout.on('data', (chunk) => { output += chunk; });
    child.stderr.on('data', (chunk) => { errors += chunk; });
    child.on('error', fail).on('exit', (code) => (code === 0 ? done(output) : fail(new Error(`${command}: ${errors}`))));
  });
}

/** A function of scripts/lib.sh. */
export const bash = (line) => execFileSync('bash', ['-c', `source scripts/lib.sh; ${line}`], { encoding: 'utf8' }).trim();

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b), middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** Runs each of `sides` forwards, then backwards (A B B A), round after round; the mean of the two per round. */
export async function rounds(sides) {
  const names = Object.keys(sides);
  const found = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    const sums = Object.fromEntries(names.map((name) => [name, 0]));
    for (const name of [...names, ...names.toReversed()]) sums[name] += (await sides[name]()).rate / 2;
    for (const name of names) found[name].push(sums[name]);
  }
  return found;
}

/** One line of the report: medians of both, and the median and spread of the ratios round by round. */
export function compare(name, ours, reference, of) {
  const ratios = ours.map((value, round) => value / reference[round]);
  const middle = median(ratios), spread = (Math.max(...ratios) - Math.min(...ratios)) / middle;
  console.log(`${name.padEnd(34)} ${median(ours).toFixed(0).padStart(7)} /s  ${of} ${median(reference).toFixed(0).padStart(7)} /s  ratio ${middle.toFixed(2)}  (spread ${(spread * 100).toFixed(0)} %)`);
}

/** The statements that PostgreSQL runs for a database, from its own log: a request between two marks. */
export class Statements {
  constructor(database) {
    this.database = database;
    this.log = `${bash('pg_home')}/log`;
    bash(`psql_admin -d postgres -c 'alter database "${database}" set log_min_duration_statement = 0' -c 'alter database "${database}" set log_parameter_max_length = -1'`);
  }

  /** Only connections made before the end are logged; those made now are not. */
  end() {
    bash(`psql_admin -d postgres -c 'alter database "${this.database}" reset log_min_duration_statement' -c 'alter database "${this.database}" reset log_parameter_max_length'`);
  }

  /** What `work` made PostgreSQL run, in order: `{sql, parameters}`. */
  async of(work) {
    await sleep(100);
    const from = statSync(this.log).size;
    await work();
    await sleep(100);
    const to = statSync(this.log).size, bytes = Buffer.alloc(to - from), file = openSync(this.log, 'r');
    readSync(file, bytes, 0, bytes.length, from);
    closeSync(file);
    const found = [];
    let last = null; // what a DETAIL line belongs to: parse and bind are logged with one as well
    for (const entry of bytes.toString().split(/^(?=\d{4}-\d\d-\d\d [\d:.]+ \w+ \[)/m)) {
      const line = /\[\d+\] (LOG|DETAIL): +([\s\S]*)$/.exec(entry);
      if (!line) continue;
      const text = line[2].replace(/\n\t/g, '\n').trimEnd();
      const ran = /^duration: [\d.]+ ms +(?:execute [^:]*|statement): ([\s\S]*)$/.exec(text);
      if (line[1] === 'LOG') last = ran ? { sql: ran[1], given: '' } : null;
      if (ran) found.push(last);
      const given = /^[Pp]arameters: ([\s\S]*)$/.exec(text);
      if (line[1] === 'DETAIL' && given && last) last.given = given[1];
    }
    for (const statement of found) statement.parameters = parameters(statement.given);
    return found.filter(({ sql }) => !/graphile_worker\.get_job|_private_(jobs|tasks) set locked/.test(sql));
  }
}

function parameters(text) {
  const found = [];
  for (const [, , value] of text.matchAll(/\$(\d+) = (NULL|'(?:[^']|'')*')/g)) found.push(value);
  return found;
}

/** A statement with its parameters written out. */
export const written = ({ sql, parameters: values }) => sql.replace(/\$(\d+)/g, (_, number) => values[number - 1] ?? 'null').replace(/\s+/g, ' ').replace(/;$/, '') + ';';
