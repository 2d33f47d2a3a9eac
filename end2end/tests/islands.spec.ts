// Every island in the HTML is exported by the browser half: a name that is not would leave a dead part on the page.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import { hydrated } from '../fixtures/checks.ts';
import { signIn } from '../fixtures/people.ts';

/** The islands of the sources. */
const ISLANDS = readdirSync(new URL('../../app/src/islands', import.meta.url))
  .map((name) => readFileSync(new URL(`../../app/src/islands/${name}`, import.meta.url), 'utf8'))
  .flatMap((source) => [...source.matchAll(/#\[island\]\s+pub fn (\w+)/g)].map((match) => match[1]!));

test('every island of every page is in the wasm', async ({ page, browser, request, javaScriptEnabled }) => {
  const names = new Set<string>();
  let glue = '';
  const look = async (page: Page, path: string) => {
    await page.goto(path);
    const html = await page.content();
    for (const match of html.matchAll(/data-component="([^"]+)"/g)) names.add(match[1]!);
    glue = /data-module="([^"]+)"/.exec(html)?.[1] ?? glue;
    if (javaScriptEnabled !== false) await hydrated(page);
  };
  await signIn(page, 'jalan@contoh.id', '+6281100000003');
  await look(page, '/simulasi');
  await look(page, '/ajukan');
  await page.goto('/pinjaman');
  const loan = /[0-9a-f-]{36}/.exec((await page.locator('a[href^="/pinjaman/"]').first().getAttribute('href'))!)![0];
  await page.goto(`/bayar/${loan}`);
  await page.getByRole('button', { name: 'Lanjut ke kode bayar' }).click();
  await expect(page).toHaveURL(/\?kode=/);
  await look(page, page.url());

  const stranger = await (await browser.newContext({ javaScriptEnabled: javaScriptEnabled !== false })).newPage();
  await signIn(stranger, 'baru@contoh.id', '+6281100000001');
  await look(stranger, '/daftar/ktp');
  await look(stranger, '/daftar/selfie');
  await stranger.context().close();

  // `SimulatorIsland_123` is the island and a hash of its text.
  expect(new Set([...names].map((name) => name.replace(/_\d+$/, '')))).toEqual(new Set(ISLANDS));
  expect(glue, 'the glue of the browser half').not.toBe('');
  const script = await (await request.get(glue)).text();
  for (const name of names) expect(script, name).toContain(name);
});
