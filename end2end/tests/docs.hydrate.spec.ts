// The REST API's document, to click through: under the same policy as every page, and complete.
import { expect, test } from '@playwright/test';
import { watch } from '../fixtures/checks.ts';

type Document = { openapi: string; paths: Record<string, Record<string, { operationId?: string }>> };

test('every operation of the API is listed, and the policy is kept', async ({ page, request, baseURL }) => {
  test.setTimeout(90_000);
  const sound = watch(page);
  const foreign: string[] = [];
  page.on('request', (sent) => { if (/^http/.test(sent.url()) && !sent.url().startsWith(`${baseURL}/`)) foreign.push(sent.url()); });
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => console.error(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`));
  });
  const document = (await (await request.get('/api/openapi.json')).json()) as Document;
  const operations = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
  expect(document.openapi).toMatch(/^3\.1/);
  expect(operations.length).toBeGreaterThan(25);

  await page.goto('/api/docs');
  await expect(page.locator('.opblock')).toHaveCount(operations.length);
  const listed = await page.locator('.opblock').evaluateAll((blocks) =>
    blocks.map((block) => `${block.querySelector('.opblock-summary-method')!.textContent} ${block.querySelector('[data-path]')!.getAttribute('data-path')}`));
  expect(listed.sort()).toEqual(operations.sort());
  // One of them, opened: its parameters are drawn.
  await page.locator('.opblock-summary-control').filter({ hasText: '/api/loans/simulate' }).click();
  await expect(page.getByText('tenor_months').first()).toBeVisible();
  expect(foreign).toEqual([]);
  sound();
});
