// What islands add: figures that move without a request and are the server's, and pages that change by themselves.
import { expect, test, type Page } from '@playwright/test';
import { applied, attempt, lent, simulate, until, verified, type Borrower } from '../fixtures/api.ts';
import { hydrated, sees, watch } from '../fixtures/checks.ts';
import { signIn, signInStaff } from '../fixtures/people.ts';
import { press } from '../fixtures/sandbox.ts';

const rupiah = (amount: number) => `Rp${String(amount).replace(/\B(?=(\d{3})+$)/g, '.')}`;

/** What the page says, and what the server says of the same terms. */
async function agree(page: Page, amount: number, months: number) {
  const { schedule } = await simulate(amount, months);
  await expect(page.locator('#amount')).toHaveValue(rupiah(amount).slice(2));
  await expect(page.locator('#sum-instalment')).toHaveText(rupiah(schedule.instalments[0]!.total));
  await expect(page.locator('#sum-total')).toHaveText(rupiah(schedule.total));
}

/** Requests of this page from now on. */
function requests(page: Page) {
  const seen: string[] = [];
  page.on('request', (request) => seen.push(`${request.method()} ${request.url()}`));
  return seen;
}

test('the simulator moves without a request, and the server says the same rupiah', async ({ page }) => {
  const sound = watch(page);
  await page.goto('/simulasi?amount=3000000&tenor_months=6');
  await hydrated(page);
  await agree(page, 3_000_000, 6);
  await page.waitForLoadState('networkidle');
  const seen = requests(page);

  await page.locator('#amount-slider').focus();
  for (let step = 0; step < 3; step += 1) await page.keyboard.press('ArrowRight');
  await agree(page, 3_300_000, 6);
  await expect(page.locator('#amount-slider')).toHaveAttribute('aria-valuetext', /3,3 juta/);
  await page.getByRole('button', { name: /^Kurangi/ }).click();
  await agree(page, 3_200_000, 6);
  const chips = page.locator('input[name=tenor_months]');
  const tenors = await chips.evaluateAll((all) => all.map((chip) => Number((chip as HTMLInputElement).value)));
  expect(tenors.length).toBeGreaterThan(2);
  for (const months of tenors) {
    await page.locator(`label:has(input[name=tenor_months][value="${months}"])`).click();
    await agree(page, 3_200_000, months);
    const { schedule } = await simulate(3_200_000, months);
    await expect(page.locator(`#tenor-${months}`)).toHaveText(rupiah(schedule.instalments[0]!.total).slice(2));
  }
  await page.locator('#amount').fill('1.250.000');
  await expect(page.locator('#amount-error')).toHaveText('Isi kelipatan Rp100.000.');
  await page.locator('#amount').fill('1.200.000');
  await expect(page.locator('#amount-error')).toHaveText('');
  await agree(page, 1_200_000, tenors.at(-1)!);

  expect(seen).toEqual([]);
  sound();
});

test('takaran follows the income as it is typed', async ({ page }) => {
  await page.goto('/simulasi?amount=4000000&tenor_months=3');
  await hydrated(page);
  const seen = requests(page);
  await expect(page.locator('#takaran')).toBeHidden();
  await page.getByLabel('Penghasilan bersih per bulan').fill('4.500.000');
  await page.getByLabel('Cicilan lain per bulan').fill('350.000');
  await sees(page, 'Cicilan ini melewati batas 30% penghasilan. Turunkan jumlah atau tambah bulan.');
  // A way out is taken in place.
  await page.locator('#ways-out button').first().click();
  await expect(page.locator('#takaran-room')).toBeVisible();
  await expect(page.locator('#takaran-over')).toBeHidden();
  expect(seen).toEqual([]);
});

/** Opens a page that follows something, and notes how often it is loaded from then on. */
async function follow(page: Page, person: Borrower, path: string) {
  await signIn(page, person.email, person.e164, person.password);
  await page.goto(path);
  await hydrated(page);
  let loads = 0;
  page.on('load', () => { loads += 1; });
  return () => loads;
}

test('a page that waits for money changes by itself when it is paid', async ({ page, browser }) => {
  test.setTimeout(120_000);
  const sound = watch(page);
  const { person, loan } = await lent(browser);
  const made = await attempt(person, loan, 'instalment');
  const loads = await follow(page, person, `/bayar/${loan}?kode=${made.id}`);
  await sees(page, 'Menunggu pembayaran, dicek otomatis');
  await press(made.order_id, 'pay');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^Pembayaran Rp[\d.]+ diterima$/);
  expect(loads()).toBe(1);
  sound();
});

test('an application changes by itself when an officer decides', async ({ page, browser }) => {
  test.setTimeout(120_000);
  const sound = watch(page);
  const person = await verified(browser, false);
  const loan = await applied(person);
  await until(person, loan, 'referred');
  await follow(page, person, `/pengajuan/${loan}`);
  await sees(page, /Petugas sedang meninjau/);
  const desk = await (await browser.newContext({ javaScriptEnabled: false, viewport: { width: 1440, height: 900 } })).newPage();
  await signInStaff(desk, 'analyst');
  await desk.goto(`/petugas/pengajuan/${loan}`);
  await desk.getByRole('button', { name: 'Setujui' }).click();
  await sees(desk, 'Keputusan disimpan.');
  await sees(page, /sudah dikirim penuh/, 30_000);
  sound();
});

test.describe('without the browser half', () => {
  // A worker would fetch it past the test.
  test.use({ serviceWorkers: 'block' });

  test('pages say so and their forms work', async ({ page }) => {
    await page.route('**/*.wasm', (route) => route.abort());
    await page.goto('/simulasi?amount=3000000&tenor_months=6');
    await sees(page, /Hitungan langsung belum termuat/);
    await page.locator('#amount').fill('2.000.000');
    await page.getByRole('button', { name: 'Hitung ulang' }).click();
    await sees(page, /Hasil untuk Rp2\.000\.000|Rp2\.000\.000/);
    const { schedule } = await simulate(2_000_000, 6);
    await sees(page, rupiah(schedule.total));
  });
});
