// Every test runs twice: with JavaScript off (ssr) and on (hydrate), on a phone's screen.
// Only *.hydrate.spec.ts, which test what JavaScript adds, and tests tagged @scripted run once.
// Enters: E2E_BASE_URL, E2E_WORKERS. scripts/e2e starts the server, the worker and the sandbox before.
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: './tests',
  outputDir: './test-results',
  forbidOnly: true,
  // A test that needs a second try is a broken test.
  retries: 0,
  // One at a time: the tests of both projects share one database and one set of demo people.
  workers: Number(process.env.E2E_WORKERS ?? 1),
  timeout: 45_000,
  expect: { timeout: 10_000 },
  use: {
    // localhost, never 127.0.0.1: a secure context, so passkeys, the service worker and __Host- cookies work.
    baseURL: process.env.E2E_BASE_URL ?? 'http://localhost:3100',
    viewport: { width: 360, height: 800 },
    locale: 'id-ID',
    timezoneId: 'Asia/Jakarta',
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM_BIN ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
        // A made-up camera; a test that opens it grants `permissions: ['camera']` first.
        '--use-fake-device-for-media-stream',
      ],
    },
  },
  projects: [
    { name: 'ssr', testIgnore: '**/*.hydrate.spec.ts', grepInvert: /@scripted/, use: { javaScriptEnabled: false } },
    { name: 'hydrate', use: { javaScriptEnabled: true } },
  ],
});
