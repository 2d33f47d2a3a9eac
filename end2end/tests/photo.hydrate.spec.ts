// What needs a script: a photo that the network lost stays chosen, and is sent again from the same page.
import { expect, test } from '@playwright/test';
import { accessible } from '../fixtures/checks.ts';
import { signIn } from '../fixtures/people.ts';
import { notAPicture } from '../fixtures/pictures.ts';

test('a photo without a connection waits on the page, and what the server says of it is shown', async ({ page, context }) => {
  await signIn(page, 'baru@contoh.id', '+6281100000001');
  await page.goto('/daftar/ktp');
  await context.setOffline(true);
  await page.setInputFiles('#file', notAPicture());
  const lost = page.getByRole('alert');
  await expect(lost).toContainText('Foto belum terkirim. Jangan tutup halaman ini, kirim lagi saat ada sambungan.');
  await accessible(page, true);
  await page.getByRole('button', { name: 'Kirim lagi' }).click();
  await expect(lost).toBeVisible();
  expect(await page.locator('#file').evaluate((input: HTMLInputElement) => input.files?.length)).toBe(1);
  await context.setOffline(false);
  await page.getByRole('button', { name: 'Kirim lagi' }).click();
  await expect(page.getByRole('link', { name: /Format belum didukung|tidak terbaca/ })).toBeVisible();
  await expect(page).toHaveURL(/\/daftar\/ktp$/);
  await expect(page).toHaveTitle(/^Galat: Foto KTP/);
});
