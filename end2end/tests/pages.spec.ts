// Every public page, and the pages of the demo people in their states: readable, sound, accessible.
import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { accessible, sees, watch } from '../fixtures/checks.ts';
import { signIn, signInStaff } from '../fixtures/people.ts';

const OPEN = ['/', '/simulasi', '/biaya', '/privasi', '/bantuan', '/daftar', '/masuk', '/lupa-sandi', '/petugas/masuk'];
const OF_A_BORROWER = ['/beranda', '/pinjaman', '/notifikasi', '/akun', '/akun/konfirmasi'];
/** Pages of one loan; `:id` is its number. */
const OF_A_LOAN = [
  '/pengajuan/:id', '/pengajuan/:id/keputusan', '/pinjaman/:id', '/pinjaman/:id/perjanjian', '/pinjaman/:id/hitungan',
  '/pinjaman/:id/jalan-keluar', '/pinjaman/:id/andai', '/bayar/:id',
];
const OF_STAFF = [
  '/petugas', '/petugas/produk', '/petugas/batas', '/petugas/kebijakan', '/petugas/jalan-keluar',
  '/petugas/penagihan', '/petugas/uang', '/petugas/rekonsiliasi', '/petugas/usulan',
];
/** Pages that only the journey comes to. */
const OF_THE_JOURNEY = [
  '/daftar/kode', '/daftar/ktp', '/daftar/selfie', '/daftar/selesai', '/ajukan', '/ajukan/rincian',
  '/petugas/pengajuan/:id', '/petugas/identitas/:id',
];

test('no page is left out', () => {
  const routes = readFileSync(new URL('../../app/src/routes.rs', import.meta.url), 'utf8');
  const pages = [...routes.matchAll(/path!\("([^"]+)"\)/g)].map((match) => match[1]!);
  const known = [...OPEN, ...OF_A_BORROWER, ...OF_A_LOAN, ...OF_STAFF, ...OF_THE_JOURNEY];
  expect(pages.sort()).toEqual(known.sort());
});

for (const path of OPEN) {
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
    test.setTimeout(180_000);
    await signIn(page, email, phone);
    await sees(page, words);
    for (const path of OF_A_BORROWER) {
      await page.goto(path);
      await accessible(page, javaScriptEnabled !== false);
    }
  });
}

for (const [email, phone] of [['jalan@contoh.id', '+6281100000003'], ['telat@contoh.id', '+6281100000004']] as const) {
  test(`every page of the loan of ${email}`, async ({ page, javaScriptEnabled }) => {
    test.setTimeout(180_000);
    const sound = watch(page);
    await signIn(page, email, phone);
    await page.goto('/pinjaman');
    const loan = await page.locator('a[href^="/pinjaman/"]').first().getAttribute('href');
    const id = /^\/pinjaman\/([0-9a-f-]+)/.exec(loan ?? '')![1]!;
    for (const path of OF_A_LOAN) {
      const answer = await page.goto(path.replace(':id', id));
      expect(answer?.status(), path).toBe(200);
      await accessible(page, javaScriptEnabled !== false);
    }
    await page.goto(`/pinjaman/${id}/andai?apa=lewat&tanggal=kapan`);
    await expect(page.getByRole('alert')).toBeVisible();
    await accessible(page, javaScriptEnabled !== false);
    sound();
  });
}

test('every room of the staff', async ({ page, javaScriptEnabled }) => {
  test.setTimeout(180_000);
  const sound = watch(page);
  await page.setViewportSize({ width: 1440, height: 900 });
  await signInStaff(page, 'approver');
  for (const path of OF_STAFF) {
    const answer = await page.goto(path);
    expect(answer?.status(), path).toBe(200);
    await accessible(page, javaScriptEnabled !== false);
  }
  sound();
});

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
