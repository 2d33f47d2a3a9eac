// One person from the welcome to a paid-off loan, with everybody else's part: the code that arrives, the officers, the
// bank. Runs with JavaScript off and on.
import { expect, test, type Page } from '@playwright/test';
import { accessible, sees, watch } from '../fixtures/checks.ts';
import { newPerson, signInStaff } from '../fixtures/people.ts';
import { blurred, card, face, notAPicture } from '../fixtures/pictures.ts';
import { code, messages, payNewest } from '../fixtures/sandbox.ts';

test.describe.configure({ mode: 'serial' });

/** Sends a photo the way a person does: with a script it goes by itself, without one by the button. */
async function send(page: Page, file: Parameters<Page['setInputFiles']>[1], scripted: boolean, words: string) {
  await page.setInputFiles('#file', file);
  if (!scripted) await page.getByRole('button', { name: words }).click();
}

/** Looks again until the page says what is waited for: the page does so by itself, this is the impatient person. */
async function until(page: Page, words: RegExp) {
  await expect(async () => {
    if ((await page.getByText(words).filter({ visible: true }).count()) === 0) await page.reload();
    await sees(page, words, 1_000);
  }).toPass({ timeout: 30_000 });
}

test('from the welcome to a paid-off loan', async ({ page, browser, javaScriptEnabled }) => {
  test.setTimeout(400_000);
  const scripted = javaScriptEnabled !== false;
  const sound = watch(page);
  const person = newPerson();

  await test.step('the welcome shows the whole cost of an example', async () => {
    await page.goto('/');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Pinjam sesuai sanggup.');
    await sees(page, 'Rp3.267.899');
    await accessible(page, scripted);
  });

  await test.step('the simulator computes without an account', async () => {
    await page.goto('/simulasi?amount=3000000&tenor_months=6');
    await sees(page, 'Rp3.267.899');
    await accessible(page, scripted);
  });

  await test.step('registration says what is wrong and keeps what was typed', async () => {
    await page.goto('/daftar');
    await page.getByLabel('Nama lengkap').fill(person.name);
    await page.getByLabel('NIK').fill('327304570895000');
    await page.getByLabel('Nomor WhatsApp').fill(person.phone);
    await page.getByLabel('Email').fill(person.email);
    await page.getByLabel('Kata sandi', { exact: true }).fill('pendek');
    await page.getByRole('button', { name: 'Lanjut ke foto KTP' }).click();
    await expect(page.getByRole('alert')).toContainText('isian yang perlu diperbaiki');
    await expect(page.locator('.error-summary')).toBeFocused();
    await expect(page.getByRole('link', { name: 'NIK harus 16 angka. Anda mengetik 15.' })).toBeVisible();
    await expect(page.getByLabel('Email')).toHaveValue(person.email);
    await expect(page.getByLabel('Kata sandi', { exact: true })).toHaveValue('');
    expect(page.url()).not.toContain(person.email);
    await accessible(page, scripted);
  });

  await test.step('the code proves the number', async () => {
    await page.getByLabel('NIK').fill(person.nik);
    await page.getByLabel('Kata sandi', { exact: true }).fill(person.password);
    await page.locator('input[name=terms]').check();
    await page.locator('input[name=privacy]').check();
    const since = new Date(Date.now() - 1_000);
    await page.getByRole('button', { name: 'Lanjut ke foto KTP' }).click();
    await expect(page).toHaveURL(/\/daftar\/kode/);
    await accessible(page, scripted);
    const right = await code(person.e164, since);
    await page.getByLabel('Kode dari WhatsApp').fill(right === '000000' ? '111111' : '000000');
    await page.getByRole('button', { name: 'Periksa kode' }).click();
    await sees(page, /Kode tidak cocok/);
    await page.getByLabel('Kode dari WhatsApp').fill(right);
    await page.getByRole('button', { name: 'Periksa kode' }).click();
    await expect(page).toHaveURL(/\/daftar\/ktp/);
  });

  await test.step('papers: what is no photo or no good is refused in words', async () => {
    await accessible(page, scripted);
    await send(page, notAPicture(), scripted, 'Kirim foto KTP');
    await sees(page, /Format belum didukung|tidak terbaca/);
    await send(page, blurred(), scripted, 'Kirim foto KTP');
    await sees(page, 'Foto terlalu buram. Ambil ulang di tempat lebih terang.');
    await send(page, card(person.seed), scripted, 'Kirim foto KTP');
    await expect(page).toHaveURL(/\/daftar\/selfie/);
    await accessible(page, scripted);
    await send(page, face(person.seed), scripted, 'Kirim selfie');
    await expect(page).toHaveURL(/\/daftar\/selesai/);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Pendaftaran terkirim');
    await accessible(page, scripted);
  });

  await test.step('the dashboard says that the identity is being looked at', async () => {
    await page.goto('/beranda');
    await sees(page, /sedang diperiksa/);
    await accessible(page, scripted);
  });

  const desk = await (await browser.newContext({ javaScriptEnabled: scripted, viewport: { width: 1440, height: 900 } })).newPage();

  await test.step('an officer verifies the identity', async () => {
    await signInStaff(desk, 'analyst');
    await accessible(desk, scripted);
    await expect(async () => {
      await desk.goto('/petugas?daftar=identitas');
      await expect(desk.locator('.queue__row').filter({ hasText: person.name }).last()).toBeVisible({ timeout: 1_000 });
    }).toPass();
    await desk.locator('.queue__row').filter({ hasText: person.name }).last().click();
    await expect(desk.getByAltText('Foto KTP')).toBeVisible();
    await expect.poll(() => desk.getByAltText('Foto KTP').evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(300);
    await accessible(desk, scripted);
    await desk.getByRole('button', { name: 'Tolak' }).click();
    await expect(desk.getByRole('alert')).toBeVisible();
    await desk.getByRole('button', { name: 'Setujui' }).click();
    await expect(desk).toHaveURL(/\/petugas/);
    await sees(desk, 'Identitas disetujui.');
  });

  await test.step('applying: too much is refused with a way on, then the terms fit', async () => {
    await page.goto('/ajukan?amount=4000000&tenor=3');
    await page.locator('input[name=monthly_income]').fill('4.500.000');
    await page.locator('input[name=other_instalments]').fill('350.000');
    await page.getByText('Kebutuhan rumah').click();
    await page.locator('select[name=bank]').selectOption('BCA');
    await page.locator('input[name=account_number]').fill('5271004821');
    await page.getByRole('button', { name: 'Periksa rincian' }).click();
    await sees(page, /melewati batas 30% penghasilan/);
    await accessible(page, scripted);
    // The way out keeps what was typed, though nothing of it is saved yet.
    await page.getByRole('button', { name: 'Jadikan 6 bulan' }).click();
    await expect(page.locator('input[name=monthly_income]')).toHaveValue('4.500.000');
    await expect(page.locator('input[name=account_number]')).toHaveValue('5271004821');
    await expect(page.locator('input[name=tenor_months][value="6"]')).toBeChecked();
    await page.locator('input[name=amount]').fill('3.000.000');
    await page.getByRole('button', { name: 'Periksa rincian' }).click();
    await expect(page).toHaveURL(/\/ajukan\/rincian/);
    await sees(page, 'Rp3.267.899');
    await sees(page, /0,049/);
    await accessible(page, scripted);
  });

  await test.step('consent is needed, and makes the application', async () => {
    await page.getByRole('button', { name: 'Setuju dan ajukan' }).click();
    await sees(page, 'Centang dulu pernyataan di atas.');
    await page.locator('input[name=accepted]').check();
    await page.getByRole('button', { name: 'Setuju dan ajukan' }).click();
    await expect(page).toHaveURL(/\/pengajuan\//);
    await until(page, /Petugas sedang meninjau/);
    await accessible(page, scripted);
  });

  await test.step('an officer approves, and the money arrives', async () => {
    await desk.goto('/petugas?daftar=pengajuan');
    await desk.locator('.queue__row').filter({ hasText: person.name }).last().click();
    await sees(desk, 'Rp3.267.899');
    await accessible(desk, scripted);
    await desk.getByRole('button', { name: 'Setujui' }).click();
    await sees(desk, 'Keputusan disimpan.');
    await until(page, /sudah dikirim penuh/);
    await accessible(page, scripted);
    await expect.poll(async () => (await messages(person.email)).map(({ text }) => text).join('\n'), 'told by email, with the figures').toMatch(/Dana Rp3\.000\.000 sudah dikirim[^]*berakhir 4821/);
  });

  const loan = page.url().split('/').pop()!.split('?')[0]!;

  await test.step('the loan, its schedule and its agreement', async () => {
    for (const path of ['/beranda', '/pinjaman', `/pinjaman/${loan}`, `/pinjaman/${loan}/perjanjian`]) {
      await page.goto(path);
      await accessible(page, scripted);
    }
    await page.goto('/beranda');
    await sees(page, 'Rp544.650');
  });

  await test.step('what if, and a later date without a cost', async () => {
    await page.goto(`/pinjaman/${loan}/andai`);
    await page.getByText('Lunasi semua').click();
    await page.getByRole('button', { name: 'Hitung', exact: true }).click();
    await sees(page, /Lunas pada/);
    await accessible(page, scripted);
    await page.goto(`/pinjaman/${loan}/jalan-keluar`);
    await accessible(page, scripted);
    await page.getByRole('link', { name: /Geser tanggal/ }).click();
    await sees(page, 'Jadwal baru');
    await accessible(page, scripted);
    await page.getByRole('button', { name: 'Setuju, ubah jadwal' }).click();
    await expect(page.getByRole('alert')).toBeVisible();
    await page.locator('input[name=accepted]').check();
    await page.getByRole('button', { name: 'Setuju, ubah jadwal' }).click();
    await expect(page).toHaveURL(new RegExp(`/pinjaman/${loan}$`));
    await sees(page, /Jadwal baru sudah berlaku/);
    await accessible(page, scripted);
  });

  await test.step('an instalment by QRIS', async () => {
    await page.goto(`/bayar/${loan}`);
    await accessible(page, scripted);
    await page.getByRole('button', { name: 'Lanjut ke kode bayar' }).click();
    await expect(page).toHaveURL(/kode=/);
    await expect(page.getByRole('button', { name: 'Saya sudah bayar' })).toBeVisible();
    await accessible(page, scripted);
    await payNewest();
    await until(page, /diterima/);
    await page.goto(`/pinjaman/${loan}`);
    await sees(page, 'Lunas');
  });

  await test.step('everything by virtual account, and the loan is closed', async () => {
    await page.goto(`/bayar/${loan}?untuk=lunas`);
    await page.getByText('Virtual account BCA').click();
    await page.getByRole('button', { name: 'Lanjut ke kode bayar' }).click();
    await expect(page).toHaveURL(/kode=/);
    await accessible(page, scripted);
    await payNewest();
    await until(page, /diterima/);
    await page.goto('/beranda');
    await until(page, /Lunas/);
    await accessible(page, scripted);
  });

  await test.step('everything was told, and signing out closes the door', async () => {
    await page.goto('/notifikasi');
    await sees(page, /Pembayaran Rp[\d.]+ diterima/);
    await sees(page, /Sisa utang Rp0\./);
    await accessible(page, scripted);
    await page.goto('/akun');
    await accessible(page, scripted);
    await page.getByRole('button', { name: 'Keluar', exact: true }).click();
    await expect(page).toHaveURL(/\/masuk/);
    await page.goto('/beranda');
    await expect(page).toHaveURL(/\/masuk\?lanjut=/);
  });
  sound();
});
