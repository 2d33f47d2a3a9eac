// What needs a script: passkeys, made and used, with Chromium's virtual authenticator.
import { expect, test, type Page } from '@playwright/test';
import { withPapers } from '../fixtures/api.ts';
import { sees, watch } from '../fixtures/checks.ts';
import { signIn } from '../fixtures/people.ts';

/** A phone with a fingerprint reader; answers the keys it holds. */
async function phone(page: Page) {
  // The page also offers the passkey quietly in the name field, and this authenticator would answer that at once.
  await page.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false);
  });
  const client = await page.context().newCDPSession(page);
  await client.send('WebAuthn.enable', { enableUI: false });
  const { authenticatorId } = await client.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    keys: async () => (await client.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
    /** Whether the finger is the owner's. */
    finger: (isUserVerified: boolean) => client.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
  };
}

/** Signs out, and in again with the finger alone. */
async function again(page: Page) {
  await page.goto('/akun');
  await page.getByRole('button', { name: 'Keluar', exact: true }).click();
  await expect(page).toHaveURL(/\/masuk/);
  await page.getByRole('button', { name: /sidik jari/ }).click();
  await expect(page).toHaveURL(/\/beranda/);
}

test('a passkey is made in the account and signs in without a name', async ({ page }) => {
  const { keys } = await phone(page);
  await signIn(page, 'siap@contoh.id', '+6281100000002');
  await page.goto('/akun');
  await page.getByRole('button', { name: /^(Buat|Tambah)/ }).first().click();
  await expect.poll(async () => (await keys()).length).toBe(1);
  expect((await keys())[0]!.isResidentCredential).toBe(true);
  await again(page);
});

test('a passkey is made at the end of the registration and signs in without a name', async ({ page }) => {
  test.setTimeout(90_000);
  const sound = watch(page);
  const { keys, finger } = await phone(page);
  const person = await withPapers(false);
  await signIn(page, person.email, person.e164, person.password);
  await page.goto('/daftar/selesai');
  const offer = page.locator('.list__row').filter({ hasText: 'Kunci sandi' });
  // A finger that is not the owner's makes nothing, and says nothing.
  await finger(false);
  await offer.getByRole('button', { name: 'Buat' }).click();
  await expect(offer.getByRole('button', { name: 'Buat' })).not.toHaveAttribute('aria-disabled', 'true');
  expect(await keys()).toEqual([]);
  await finger(true);
  await offer.getByRole('button', { name: 'Buat' }).click();
  await sees(page, 'Kunci sandi dibuat. Lain kali cukup sidik jari.');
  await expect(offer.getByRole('button')).toHaveCount(0);
  expect((await keys()).map(({ isResidentCredential }) => isResidentCredential)).toEqual([true]);
  await page.reload();
  await sees(page, 'Sudah dibuat. Lain kali cukup sidik jari.');
  await again(page);
  sound();
});
