// The installed app: its manifest, its worker, what the worker keeps, and what a person without a network sees.
import { expect, test, type Page } from '@playwright/test';
import { watch } from '../fixtures/checks.ts';
import { signIn } from '../fixtures/people.ts';

type Icon = { src: string; sizes: string; type: string; purpose?: string };
type Manifest = Record<string, unknown> & { icons: Icon[]; screenshots: Icon[]; shortcuts: { url: string; icons: Icon[] }[] };

/** Waits until the worker runs and answers for this page. */
async function worker(page: Page) {
  await expect.poll(() => page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.active?.state)).toBe('activated');
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller?.scriptURL ?? '')).toMatch(/\/sw\.js$/);
}

/** Paths of everything that is kept in the browser's caches. */
const kept = (page: Page) =>
  page.evaluate(async () => {
    const caches = await Promise.all((await window.caches.keys()).map((name) => window.caches.open(name)));
    const requests = (await Promise.all(caches.map((cache) => cache.keys()))).flat();
    return requests.map((request) => new URL(request.url).pathname).sort();
  });

test('the manifest is that of an app that can be installed', async ({ page, request }) => {
  const answer = await request.get('/manifest.webmanifest');
  expect(answer.status()).toBe(200);
  expect(answer.headers()['content-type']).toMatch(/^application\/manifest\+json/);
  const manifest = (await answer.json()) as Manifest;
  expect(manifest).toMatchObject({
    id: '/', name: 'Sanggup', short_name: 'Sanggup', lang: 'id', start_url: '/beranda', scope: '/', display: 'standalone',
    theme_color: '#571B3F', background_color: '#40132E',
  });
  expect(manifest.icons.map(({ sizes, purpose }) => `${sizes} ${purpose}`)).toEqual(['192x192 any', '512x512 any', '512x512 maskable']);
  for (const icon of [...manifest.icons, ...manifest.screenshots, ...manifest.shortcuts.flatMap((shortcut) => shortcut.icons)]) {
    const file = await request.get(icon.src);
    expect(file.status(), icon.src).toBe(200);
    expect(file.headers()['content-type'], icon.src).toBe('image/png');
    const head = await file.body();
    expect(`${head.readUInt32BE(16)}x${head.readUInt32BE(20)}`, icon.src).toBe(icon.sizes);
  }

  await page.goto('/');
  await worker(page);
  const client = await page.context().newCDPSession(page);
  const { errors, url } = await client.send('Page.getAppManifest');
  expect(errors).toEqual([]);
  expect(new URL(url).pathname).toBe('/manifest.webmanifest');
  const { installabilityErrors } = await client.send('Page.getInstallabilityErrors');
  // A test's browser is a private window, where nothing can be installed.
  expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito')).toEqual([]);
});

test('without a network a page is the one that says so, and the way back is one press', async ({ page, context }) => {
  await page.goto('/');
  await worker(page);
  await context.setOffline(true);
  for (const path of ['/masuk', '/beranda', '/pinjaman']) {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Tidak ada sambungan');
    await expect(page.getByText('Demi keamanan, data pinjaman tidak disimpan di ponsel.')).toBeVisible();
    // Drawn with its sheet, which is kept with it.
    await expect(page.locator('.button--primary')).toHaveCSS('border-radius', '14px');
  }
  await page.goto('/masuk');
  await context.setOffline(false);
  await page.getByRole('link', { name: 'Coba lagi' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Masuk');
});

test('the page for no network keeps its sheet when it is read again', async ({ page }) => {
  const sound = watch(page);
  await page.goto('/');
  await worker(page);
  for (let visit = 0; visit < 3; visit += 1) {
    await page.goto('/offline.html');
    await expect(page.locator('.button--primary')).toHaveCSS('border-radius', '14px');
  }
  sound();
});

test('after a signed-in visit the phone holds static files and nothing of a person', async ({ page, request }) => {
  test.setTimeout(120_000);
  const sound = watch(page);
  await page.goto('/');
  await worker(page);
  await signIn(page, 'jalan@contoh.id', '+6281100000003');
  await page.goto('/pinjaman');
  const loan = (await page.locator('a[href^="/pinjaman/"]').first().getAttribute('href'))!;
  for (const path of ['/beranda', loan, `${loan}/perjanjian`, loan.replace('pinjaman', 'bayar'), '/notifikasi', '/akun', '/simulasi']) {
    await page.goto(path);
    await page.waitForLoadState('networkidle');
  }
  const offline = await (await request.get('/offline.html')).text();
  const own = [...offline.matchAll(/(?:href|src)="(\/[^"#?]+\.\w+)"/g)].map((match) => match[1]!);
  const paths = await kept(page);
  expect(paths).toEqual(expect.arrayContaining(['/offline.html', ...own]));
  expect(paths.filter((path) => path.startsWith('/pkg/')).length).toBeGreaterThan(3);
  expect(paths.filter((path) => !path.startsWith('/pkg/') && !['/offline.html', ...own].includes(path))).toEqual([]);
  const elsewhere = await page.evaluate(async () => ({
    local: Object.keys(localStorage),
    session: Object.keys(sessionStorage),
    databases: (await indexedDB.databases()).map(({ name }) => name),
  }));
  expect(elsewhere).toEqual({ local: [], session: [], databases: [] });
  sound();
});

test('signing out empties the phone', async ({ page }) => {
  await page.goto('/');
  await worker(page);
  await signIn(page, 'lunas@contoh.id', '+6281100000005');
  await page.goto('/akun');
  await page.waitForLoadState('networkidle');
  const before = await kept(page);
  expect(before.length).toBeGreaterThan(0);
  const answer = page.waitForResponse((response) => response.url().endsWith('/_fn/sign_out'));
  await page.getByRole('button', { name: 'Keluar', exact: true }).click();
  expect((await (await answer).allHeaders())['clear-site-data']).toMatch(/"cache".*"storage"/);
  await expect(page).toHaveURL(/\/masuk/);
  await page.goBack();
  await expect(page).toHaveURL(/\/masuk/);
});

test('staff have no worker', async ({ page }) => {
  await page.goto('/petugas/masuk');
  await page.waitForLoadState('networkidle');
  expect(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length)).toBe(0);
});
