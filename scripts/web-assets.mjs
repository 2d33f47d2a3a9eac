// The second half of scripts/build-web: node web-assets.mjs WORK SITE
// Enters: style/*.css, public/, and WORK/app.js + WORK/app.wasm. Leaves in SITE: public/ as it is, hashed
// copies under pkg/, .br and .gz siblings, and assets.json:
//   { "main.css": "/pkg/main.<hash>.css", …, "integrity": { "main.css": "sha384-…", … }, "build_id": "…" }
// Logical names: main.css join.css staff.css app.js app.wasm, <name>.js for public/js/<name>.js, and the
// path inside public/ for fonts and icons ("fonts/x.woff2", "icons/ui.svg").
// In public/*.html, *.webmanifest and sw.js, `__ASSET:name__` becomes the hashed path; sw.js also gets
// `__BUILD_ID__` and `__ASSETS__` (a JSON array: offline.html and what it needs).
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [work, site] = process.argv.slice(2).map((path) => join(root, path));
const tools = createRequire(join(root, 'end2end/package.json'));
const { bundle } = tools('lightningcss');
const { transformSync } = tools('esbuild');

const version = (major, minor = 0) => (major << 16) | (minor << 8);
const cssTargets = { chrome: version(95), safari: version(15), ios_saf: version(15), firefox: version(102) };
const jsTargets = ['chrome95', 'safari15', 'firefox102'];

const files = (dir) => existsSync(dir)
  ? readdirSync(dir, { recursive: true }).map((name) => join(dir, name)).filter((path) => statSync(path).isFile()).sort()
  : [];
const digest = (algorithm, bytes, encoding) => createHash(algorithm).update(bytes).digest(encoding);

const assets = {};
const integrity = {};

/** Writes `bytes` under pkg/ with their hash in the name, and notes where `name` went. */
function publish(name, bytes) {
  if (assets[name]) throw new Error(`two files want the name ${name}`);
  const extension = extname(name);
  const path = `/pkg/${basename(name, extension)}.${digest('sha256', bytes, 'hex').slice(0, 10)}${extension}`;
  writeFileSync(join(site, path), bytes);
  assets[name] = path;
  if (/\.(js|css)$/.test(name)) integrity[name] = `sha384-${digest('sha384', bytes, 'base64')}`;
}

/** Replaces `__ASSET:name__`; an unknown name is a mistake that must not reach a browser. */
const resolve = (text, where) => text.replace(/__ASSET:([^_\s]+(?:_[^_\s]+)*)__/g, (_, name) => {
  if (!assets[name]) throw new Error(`${where} asks for ${name}, which does not exist`);
  return assets[name];
});

mkdirSync(join(site, 'pkg'), { recursive: true });
const publicDir = join(root, 'public');
for (const file of files(publicDir)) {
  const name = relative(publicDir, file);
  if (name.startsWith('js/')) continue;
  mkdirSync(dirname(join(site, name)), { recursive: true });
  cpSync(file, join(site, name));
  if (/^(fonts|icons)\/.*\.(woff2|svg)$/.test(name)) publish(name, readFileSync(file));
}

for (const file of files(join(publicDir, 'js'))) {
  const source = readFileSync(file, 'utf8');
  // A relative import would name a file without its hash.
  if (/^\s*import\s.*from\s*['"]\.|import\(\s*['"]\./m.test(source)) throw new Error(`${file}: modules in public/js stand alone`);
  publish(basename(file), transformSync(source, { minify: true, target: jsTargets, legalComments: 'none' }).code);
}
publish('app.js', transformSync(readFileSync(join(work, 'app.js'), 'utf8'), { minify: true, format: 'esm', target: jsTargets, legalComments: 'none' }).code);
publish('app.wasm', readFileSync(join(work, 'app.wasm')));

for (const name of ['main.css', 'join.css', 'staff.css']) {
  const { code, warnings } = bundle({
    filename: join(root, 'style', name),
    minify: true,
    targets: cssTargets,
    visitor: {
      Url(url) {
        const known = assets[url.url.replace(/^\//, '')];
        if (url.url.startsWith('/') && !known) throw new Error(`${name}: ${url.url} is not in public/fonts or public/icons`);
        return known ? { ...url, url: known } : url;
      },
    },
  });
  for (const { message, loc } of warnings) console.error(`build-web: ${name}: ${message} (${loc?.filename}:${loc?.line})`);
  publish(name, code);
}

const buildId = digest('sha256', JSON.stringify(assets) + files(publicDir).map((f) => digest('sha256', readFileSync(f), 'hex')).join(), 'hex').slice(0, 12);
for (const file of files(site).filter((path) => /\.(html|webmanifest)$/.test(path))) {
  writeFileSync(file, resolve(readFileSync(file, 'utf8'), relative(site, file)));
}
const worker = join(site, 'sw.js');
if (existsSync(worker)) {
  const offline = join(site, 'offline.html');
  const needed = existsSync(offline)
    ? ['/offline.html', ...new Set([...readFileSync(offline, 'utf8').matchAll(/(?:href|src)="(\/[^"#?]+)/g)].map(([, path]) => path).filter((path) => existsSync(join(site, path)) && statSync(join(site, path)).isFile()))]
    : [];
  const source = resolve(readFileSync(worker, 'utf8'), 'sw.js')
    .replace(/(['"`])__ASSETS__\1|__ASSETS__/g, JSON.stringify(needed))
    .replaceAll('__BUILD_ID__', buildId);
  writeFileSync(worker, transformSync(source, { minify: true, target: jsTargets, legalComments: 'none' }).code);
}
writeFileSync(join(site, 'assets.json'), `${JSON.stringify({ ...assets, integrity, build_id: buildId }, null, 1)}\n`);

// Siblings for the server to send as they are. Formats that are compressed already gain nothing.
const sizes = {};
for (const file of files(site)) {
  if (!/\.(html|css|js|wasm|svg|json|webmanifest|txt)$/.test(file) || basename(file) === 'assets.json') continue;
  const bytes = readFileSync(file);
  const br = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
  writeFileSync(`${file}.br`, br);
  writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
  sizes[`/${relative(site, file)}`] = [bytes.length, br.length];
}
for (const name of ['app.wasm', 'app.js', 'main.css', 'join.css', 'staff.css']) {
  const [raw, br] = sizes[assets[name]];
  console.error(`build-web: ${name.padEnd(10)} ${String(raw).padStart(8)} B, brotli ${String(br).padStart(7)} B`);
}
