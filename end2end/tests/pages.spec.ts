// Every public page, and the pages of the demo people in their states: readable, sound, accessible.
import { readFileSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import { applied, attempt, lent, paid, registered, until, untilPaid, verified, type Borrower } from '../fixtures/api.ts';
import { accessible, sees, watch } from '../fixtures/checks.ts';
import { signIn, signInStaff } from '../fixtures/people.ts';
import { latePayment, press } from '../fixtures/sandbox.ts';

const OPEN = ['/', '/simulasi', '/biaya', '/privasi', '/bantuan', '/daftar', '/masuk', '/lupa-sandi', '/petugas/masuk'];
const OF_A_BORROWER = ['/beranda', '/pinjaman', '/notifikasi', '/akun', '/akun/konfirmasi'];
/** Pages of one loan; `:id` is its number. */
const OF_A_LOAN = [
  '/pengajuan/:id', '/pengajuan/:id/keputusan', '/pinjaman/:id', '/pinjaman/:id/perjanjian', '/pinjaman/:id/hitungan',
  '/pinjaman/:id/jalan-keluar', '/pinjaman/:id/andai', '/bayar/:id',
];
const OF_STAFF = [
  '/petugas', '/petugas/produk', '/petugas/batas', '/petugas/kebijakan', '/petugas/jalan-keluar',
  '/petugas/penagihan', '/petugas/uang', '/petugas/rekonsiliasi', '/petugas/buku', '/petugas/usulan',
];
/** Pages that only the journey comes to, and the people whom the fixtures make. */
const OF_THE_JOURNEY = [
  '/daftar/kode', '/daftar/ktp', '/daftar/selfie', '/daftar/selesai', '/ajukan', '/ajukan/rincian',
  '/petugas/pengajuan/:id', '/petugas/identitas/:id', '/petugas/penghasilan/:id',
];

/** What a script does not change is looked at with it only: links, and colours. */
const SCRIPTED = { tag: '@scripted' };

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

/** Pages of the system that anyone may come to, and what they say. */
const OF_THE_SYSTEM: [string, number, string][] = [
  ['/tidak-ada', 404, 'Halaman tidak ditemukan'],
  ['/offline.html', 200, 'Tidak ada sambungan'],
];
for (const [path, status, title] of OF_THE_SYSTEM) {
  test(`${path} is sound for anyone`, async ({ page, javaScriptEnabled }) => {
    const answer = await page.goto(path);
    expect(answer?.status()).toBe(status);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
    await accessible(page, javaScriptEnabled !== false);
  });
}

test('a page of a borrower sends a stranger to the sign-in and back', async ({ page }) => {
  await page.goto('/pinjaman');
  await expect(page).toHaveURL(/\/masuk\?lanjut=\/pinjaman/);
});

const states: [string, string, RegExp][] = [
  ['baru@contoh.id', '+6281100000001', /KTP|identitas/i],
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

/** Visits pages one after the other; each answers 200 and is accessible. */
async function visit(page: Page, paths: string[], scripted: boolean) {
  for (const path of paths) {
    const answer = await page.goto(path);
    expect(answer?.status(), path).toBe(200);
    await accessible(page, scripted);
  }
}

const signInAs = (page: Page, person: Borrower) => signIn(page, person.email, person.e164, person.password);

test('a lost password: the code and the new one', async ({ page, javaScriptEnabled }) => {
  const sound = watch(page);
  const person = await registered();
  await page.goto('/lupa-sandi');
  await page.getByLabel('Email atau nomor HP').fill(person.email);
  await page.getByRole('button', { name: 'Kirim kode' }).click();
  await expect(page).toHaveURL(/\/lupa-sandi\?kode=/);
  await accessible(page, javaScriptEnabled !== false);
  await page.getByLabel('Kode', { exact: true }).fill('12');
  await page.getByLabel('Kata sandi baru', { exact: true }).fill('pendek');
  await page.getByRole('button', { name: 'Simpan kata sandi' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await accessible(page, javaScriptEnabled !== false);
  sound();
});

test('an application that is declined, and one that may be cancelled', async ({ page, browser, javaScriptEnabled }) => {
  test.setTimeout(180_000);
  const sound = watch(page);
  const scripted = javaScriptEnabled !== false;
  const person = await verified(browser, false);
  const declined = await applied(person, 5_000_000);
  await until(person, declined, 'declined');
  await signInAs(page, person);
  await page.goto(`/pengajuan/${declined}`);
  await sees(page, 'Belum disetujui');
  await sees(page, 'Keputusan ini tidak mengurangi limit Anda.');
  await visit(page, [`/pengajuan/${declined}`, `/pengajuan/${declined}/keputusan`, '/beranda', '/pinjaman'], scripted);
  // Asked for again, by a person this time: it waits for one, and may be cancelled.
  await page.goto(`/pengajuan/${declined}`);
  await page.getByRole('button', { name: 'Minta ditinjau petugas' }).click();
  await sees(page, /Petugas sedang meninjau/);
  await visit(page, [`/pengajuan/${declined}`, `/pengajuan/${declined}?batal=1`, '/ajukan', '/beranda'], scripted);
  await page.goto(`/pengajuan/${declined}?batal=1`);
  await page.getByRole('button', { name: 'Ya, batalkan' }).click();
  await sees(page, 'Pengajuan dibatalkan');
  await accessible(page, scripted);
  sound();
});

test('codes to pay with, at every end of theirs, and what was paid twice', async ({ page, browser, javaScriptEnabled }) => {
  test.setTimeout(240_000);
  const sound = watch(page);
  const scripted = javaScriptEnabled !== false;
  const { person, loan } = await lent(browser);
  await signInAs(page, person);
  const look = async (id: string, words: RegExp) => {
    await page.goto(`/bayar/${loan}?kode=${id}`);
    await sees(page, words);
    await accessible(page, scripted);
  };
  const replaced = await attempt(person, loan, 'instalment', 'va_mandiri');
  await look(replaced.id, /Kode perusahaan/);
  const expired = await attempt(person, loan, 'instalment');
  await untilPaid(person, replaced, 'cancelled');
  await look(replaced.id, /Kode ini sudah diganti/);
  await latePayment(8_000);
  await press(expired.order_id, 'expire');
  await untilPaid(person, expired, 'expired');
  await look(expired.id, /Kode sudah kedaluwarsa/);
  const done = await paid(person, loan, 'payoff');
  await look(done.id, /Pembayaran Rp[\d.]+ diterima/);
  // The money of the code that had expired arrives after all: it is the borrower's.
  await untilPaid(person, expired, 'posted');
  await page.goto(`/pinjaman/${loan}`);
  await sees(page, 'Titipan Anda');
  await visit(page, [`/pinjaman/${loan}`, `/bayar/${loan}`, `/pengajuan/${loan}`, '/beranda'], scripted);
  await page.goto(`/pinjaman/${loan}`);
  await page.getByRole('button', { name: 'Minta dikembalikan ke rekening' }).click();
  await sees(page, /Dua petugas memeriksanya/);
  await accessible(page, scripted);

  const desk = await (await browser.newContext({ javaScriptEnabled: scripted, viewport: { width: 1440, height: 900 } })).newPage();
  await signInStaff(desk, 'support');
  await desk.goto('/petugas/uang');
  // Staff and borrowers call it by the same number.
  await page.goto('/pinjaman');
  const number = /SGP-[0-9A-Z]{6}/.exec((await page.locator('main').textContent())!)![0];
  await expect(desk.getByRole('table').filter({ hasText: number })).toBeVisible();
  await visit(desk, ['/petugas/uang', '/petugas/rekonsiliasi?daftar=titipan'], scripted);
  await sees(desk, number);
  sound();
});

test('every list and form that a room of the staff leads to', SCRIPTED, async ({ page }) => {
  test.setTimeout(400_000);
  const sound = watch(page);
  await page.setViewportSize({ width: 1440, height: 900 });
  await signInStaff(page, 'approver');
  const waiting = [...OF_STAFF], seen = new Set(waiting), kinds = new Map<string, number>();
  for (let path = waiting.shift(); path; path = waiting.shift()) {
    await visit(page, [path], true);
    const links = await page.locator('main a[href^="/petugas"], .queue a[href^="/petugas"]').evaluateAll((all) => all.map((link) => link.getAttribute('href')!.replace(/#.*/, '')));
    for (const href of links) {
      // Two of each kind: ids and cursors apart, they are the same page.
      const kind = href.replace(/[0-9a-f-]{36}/g, ':id').replace(/sesudah=[^&]*/, 'sesudah=');
      const count = kinds.get(kind) ?? 0;
      if (seen.has(href) || count >= 2 || /\.(pdf|csv)|dokumen/.test(href)) continue;
      seen.add(href);
      kinds.set(kind, count + 1);
      waiting.push(href);
    }
  }
  expect(seen.size, 'pages').toBeGreaterThan(OF_STAFF.length * 2);
  sound();
});

test.describe('in the dark', () => {
  test.use({ colorScheme: 'dark' });

  for (const path of [...OPEN, ...OF_THE_SYSTEM.map(([path]) => path)]) {
    test(`${path} can be read`, async ({ page, javaScriptEnabled }) => {
      await page.goto(path);
      await expect(page.locator('body')).toHaveCSS('background-color', 'rgb(23, 13, 19)');
      await accessible(page, javaScriptEnabled !== false);
    });
  }

  for (const [email, phone] of [['jalan@contoh.id', '+6281100000003'], ['telat@contoh.id', '+6281100000004']] as const) {
    test(`the pages of ${email} can be read`, SCRIPTED, async ({ page }) => {
      test.setTimeout(180_000);
      await signIn(page, email, phone);
      await page.goto('/pinjaman');
      const id = /[0-9a-f-]{36}/.exec((await page.locator('a[href^="/pinjaman/"]').first().getAttribute('href'))!)![0];
      await visit(page, ['/simulasi', '/ajukan', ...OF_A_BORROWER, ...OF_A_LOAN.map((path) => path.replace(':id', id))], true);
    });
  }

  test('the rooms of the staff can be read', SCRIPTED, async ({ page }) => {
    test.setTimeout(180_000);
    await page.setViewportSize({ width: 1440, height: 900 });
    await signInStaff(page, 'approver');
    await visit(page, OF_STAFF, true);
  });
});

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
