// The camera: a picture of Chromium's made-up device, taken in the page's dialog, arrives at the server.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { api, registered } from '../fixtures/api.ts';
import { hydrated, sees, watch } from '../fixtures/checks.ts';
import { signIn } from '../fixtures/people.ts';
import { film } from '../fixtures/pictures.ts';
import config from '../playwright.config.ts';

// Chromium's own test picture is too plain to pass for a photo.
const reel = join(mkdtempSync(join(tmpdir(), 'sanggup-camera-')), 'stripes.y4m');
writeFileSync(reel, film(1280, 720));
const launch = config.use!.launchOptions!;
test.use({
  launchOptions: { ...launch, args: [...launch.args!, `--use-file-for-fake-video-capture=${reel}`] },
  permissions: ['camera'],
});

type Papers = { items: { kind: string; status: string }[] };

test('a card and a face are photographed in the page and sent', async ({ page }) => {
  test.setTimeout(120_000);
  const sound = watch(page);
  const person = await registered();
  await signIn(page, person.email, person.e164, person.password);
  const papers = async () => (await api<Papers>(person.token, 'GET', '/api/documents')).items.map(({ kind, status }) => `${kind} ${status}`);

  await page.goto('/daftar/ktp');
  await hydrated(page);
  await page.getByRole('button', { name: 'Ambil foto KTP' }).click();
  const dialog = page.getByRole('dialog', { name: 'Foto KTP' });
  await expect(dialog).toBeVisible();
  for (const check of ['bright', 'even', 'sharp']) await expect(page.locator(`#camera-${check}`)).toHaveClass(/--passed/);
  await expect(page.locator('#camera-hint')).toHaveText('Bagus, ambil foto');
  await dialog.getByRole('button', { name: 'Ambil foto' }).click();
  await sees(page, 'Tulisan NIK terbaca?');
  await expect.poll(() => dialog.getByAltText('Foto yang baru diambil').evaluate((photo: HTMLImageElement) => photo.naturalWidth)).toBeGreaterThan(600);
  // Thrown away once, then taken again.
  await dialog.getByRole('button', { name: 'Ulangi' }).click();
  await dialog.getByRole('button', { name: 'Ambil foto' }).click();
  expect(await papers()).toEqual([]);
  const sent = page.waitForRequest((request) => request.url().endsWith('/_fn/upload/ktp'));
  await dialog.getByRole('button', { name: 'Pakai foto ini' }).click();
  expect((await sent).headers()['content-type']).toMatch(/^multipart\/form-data/);
  await expect(page).toHaveURL(/\/daftar\/selfie/);
  expect(await papers()).toEqual(['ktp received']);

  await hydrated(page);
  await page.getByRole('button', { name: 'Ambil selfie' }).click();
  const mirror = page.getByRole('dialog', { name: 'Foto selfie' });
  await expect(page.locator('#camera-sharp')).toHaveClass(/--passed/);
  await mirror.getByRole('button', { name: 'Ambil foto' }).click();
  await mirror.getByRole('button', { name: 'Pakai foto ini' }).click();
  await expect(page).toHaveURL(/\/daftar\/selesai/);
  expect((await papers()).sort()).toEqual(['ktp received', 'selfie received']);
  sound();
});

test('the gallery and the help are one tap away from the camera', async ({ page }) => {
  const person = await registered();
  await signIn(page, person.email, person.e164, person.password);
  await page.goto('/daftar/ktp');
  await hydrated(page);
  await page.getByRole('button', { name: 'Ambil foto KTP' }).click();
  const dialog = page.getByRole('dialog', { name: 'Foto KTP' });
  await expect(dialog.getByRole('link', { name: 'Bantuan' })).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Lampu kilat' }), 'this camera has no lamp').toBeHidden();
  const chooser = page.waitForEvent('filechooser');
  await dialog.getByRole('button', { name: 'Galeri' }).click();
  expect(await (await chooser).element().getAttribute('id')).toBe('file');
  await expect(dialog).toBeHidden();
});

test('closing the dialog puts the camera out', async ({ page }) => {
  const person = await registered();
  await signIn(page, person.email, person.e164, person.password);
  await page.goto('/daftar/ktp');
  await hydrated(page);
  await page.getByRole('button', { name: 'Ambil foto KTP' }).click();
  await expect(page.locator('#camera-sharp')).toHaveClass(/--passed/);
  const track = await page.evaluateHandle(() => (document.querySelector<HTMLVideoElement>('#camera-video')!.srcObject as MediaStream).getTracks()[0]!);
  expect(await track.evaluate((it) => it.readyState)).toBe('live');
  await page.getByRole('button', { name: 'Tutup' }).click();
  await expect(page.getByRole('dialog', { name: 'Foto KTP' })).toBeHidden();
  expect(await track.evaluate((it) => it.readyState)).toBe('ended');
});

test.describe('refused', () => {
  test.use({ permissions: [] });

  test('a camera that is refused leads to the gallery', async ({ page }) => {
    const person = await registered();
    await signIn(page, person.email, person.e164, person.password);
    await page.goto('/daftar/ktp');
    await hydrated(page);
    await page.getByRole('button', { name: 'Ambil foto KTP' }).click();
    await sees(page, 'Kamera belum diizinkan. Izinkan lewat setelan situs, atau pilih foto dari galeri.');
  });
});
