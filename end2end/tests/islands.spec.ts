// Every island in the HTML is exported by the browser half: a name that is not would leave a dead part on the page.
import { expect, test } from '@playwright/test';
import { signIn } from '../fixtures/people.ts';

test('every island of every page is in the wasm', async ({ page, request }) => {
  await signIn(page, 'siap@contoh.id', '+6281100000002');
  const names = new Set<string>();
  let glue = '';
  for (const path of ['/simulasi', '/ajukan', '/daftar/ktp', '/daftar/selfie']) {
    await page.goto(path);
    const html = await page.content();
    for (const match of html.matchAll(/data-component="([^"]+)"/g)) names.add(match[1]!);
    glue = /data-module="([^"]+)"/.exec(html)?.[1] ?? glue;
  }
  expect(names.size, 'islands on the pages').toBeGreaterThan(0);
  expect(glue, 'the glue of the browser half').not.toBe('');
  const script = await (await request.get(glue)).text();
  for (const name of names) expect(script, name).toContain(name);
});
