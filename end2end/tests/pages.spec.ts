// Every public page, and the pages of the demo people in their states: readable, sound, accessible.
import { expect, test } from '@playwright/test';
import { accessible, sees, watch } from '../fixtures/checks.ts';
import { signIn } from '../fixtures/people.ts';

for (const path of ['/', '/simulasi', '/biaya', '/privasi', '/bantuan', '/daftar', '/masuk', '/lupa-sandi', '/petugas/masuk']) {
  test(`${path} is sound for anyone`, async ({ page, javaScriptEnabled }) => {
    const sound = watch(page);
    const answer = await page.goto(path);
    expect(answer?.status()).toBe(200);
    await accessible(page, javaScriptEnabled !== false);
    sound();
  });
}

test('a page of a borrower sends a stranger to the sign-in and back', async ({ page }) => {
  await page.goto('/pinjaman');
  await expect(page).toHaveURL(/\/masuk\?lanjut=\/pinjaman/);
});

const states: [string, string, RegExp][] = [
  ['siap@contoh.id', '+6281100000002', /Belum ada pinjaman|Limit Anda/],
  ['jalan@contoh.id', '+6281100000003', /Rp2\.178\.599/],
  ['telat@contoh.id', '+6281100000004', /Terlambat 3 hari/],
  ['lunas@contoh.id', '+6281100000005', /Lunas/],
];
for (const [email, phone, words] of states) {
  test(`the dashboard of ${email}`, async ({ page, javaScriptEnabled }) => {
    await signIn(page, email, phone);
    await sees(page, words);
    for (const path of ['/beranda', '/pinjaman', '/notifikasi', '/akun']) {
      await page.goto(path);
      await accessible(page, javaScriptEnabled !== false);
    }
  });
}

test('recalculating without a script keeps what was typed and writes nothing of it into the address', async ({ browser }) => {
  const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await signIn(page, 'siap@contoh.id', '+6281100000002');
  await page.goto('/ajukan');
  await page.locator('input[name=amount]').fill('2.000.000');
  await page.getByRole('button', { name: 'Hitung ulang' }).click();
  expect(page.url()).toMatch(/\/ajukan$/);
  await sees(page, /Hasil untuk Rp2\.000\.000/);
  await expect(page.locator('input[name=amount]')).toHaveValue('2.000.000');
});
