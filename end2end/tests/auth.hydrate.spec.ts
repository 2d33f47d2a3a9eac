// What needs a script: passkeys, made and used, with Chromium's virtual authenticator.
import { expect, test } from '@playwright/test';
import { signIn } from '../fixtures/people.ts';

test('a passkey is made in the account and signs in without a name', async ({ page }) => {
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
  await signIn(page, 'siap@contoh.id', '+6281100000002');
  await page.goto('/akun');
  await page.getByRole('button', { name: /^(Buat|Tambah)/ }).first().click();
  await expect.poll(async () => (await client.send('WebAuthn.getCredentials', { authenticatorId })).credentials.length).toBe(1);
  const { credentials } = await client.send('WebAuthn.getCredentials', { authenticatorId });
  expect(credentials[0]!.isResidentCredential).toBe(true);
  await page.goto('/akun');
  await page.getByRole('button', { name: 'Keluar', exact: true }).click();
  await expect(page).toHaveURL(/\/masuk/);
  await page.getByRole('button', { name: /sidik jari/ }).click();
  await expect(page).toHaveURL(/\/beranda/);
});
