// Run by browser.sh. Set SHOTS to a folder for a picture of each page.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

const ready = JSON.parse(readFileSync(process.env.READY, 'utf8'));
let failed = 0;
const check = (what, good, seen) => {
  console.log(`${good ? 'PASS' : 'FAIL'} ${what}${good ? '' : `: ${JSON.stringify(seen)}`}`);
  failed += !good;
};
const sfJwt = (...words) => {
  const { stdout, status } = spawnSync(process.env.SF_JWT, [...words, '--json'], { encoding: 'utf8' });
  return { status, answer: stdout ? JSON.parse(stdout.split('\n')[0]) : null };
};
const refusedFor = (org, reason) => {
  const { answer } = sfJwt('token', '-o', org, '--fresh');
  check(`no token for ${org}: ${reason}`, answer?.error?.data?.reason === reason, answer?.error);
};

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
const page = await (await browser.newContext({ viewport: { width: 900, height: 900 } })).newPage();
const elsewhere = [];
const complaints = [];
page.on('request', (request) => {
  if (!/^http:\/\/([a-z0-9-]+\.localhost|127\.0\.0\.1):\d+\//.test(request.url()) && !request.url().startsWith('data:')) elsewhere.push(request.url());
});
page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
page.on('pageerror', (error) => complaints.push(String(error)));

let shots = 0;
const shot = async () => {
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${++shots}.png`, fullPage: true });
  const problems = await page.evaluate(() => {
    const named = (field) => field.labels?.length || field.getAttribute('aria-label');
    return [
      document.documentElement.lang !== 'en' && 'no language',
      !document.title && 'no title',
      document.querySelectorAll('h1').length !== 1 && 'not one h1',
      document.querySelectorAll('main').length !== 1 && 'not one main',
      [...document.querySelectorAll('input:not([type=hidden]), select, textarea')].some((field) => !named(field)) && 'a field without label',
      [...document.querySelectorAll('a, button')].some((one) => !one.textContent.trim()) && 'an empty link or button',
      document.documentElement.scrollWidth > innerWidth && 'wider than the window',
    ].filter(Boolean);
  });
  check(`accessible: ${await page.title()}`, problems.length === 0, problems);
};
const press = async (role, name) => {
  await page.getByRole(role, { name, exact: true }).click();
  await page.waitForLoadState();
  await shot();
};

// the connected app
refusedFor('globex', 'app-not-installed');
const { answer: install } = sfJwt('install-url', 'globex');
check('sf-jwt install-url names the page', install?.url?.includes('/identity/app/AppInstallApprovalPage.apexp?app_id=0Ci'), install);
const url = new URL(install.url);
url.host = new URL(ready.orgs.globex.url).host; // by name, as an administrator would
await page.goto(url.href);
await shot();
await page.reload();
refusedFor('globex', 'app-not-installed');
await press('button', 'Install');
refusedFor('globex', 'user-not-approved');
await press('link', 'Edit Policies');
await page.getByLabel('Permitted Users').selectOption({ label: 'Admin approved users are pre-authorized' });
await press('button', 'Save');
refusedFor('globex', 'user-not-admin-approved');
await press('link', 'Manage Permission Sets');
await page.getByLabel('Integrations').check();
await press('button', 'Save');
await page.getByRole('main').getByRole('link', { name: 'Integrations', exact: true }).click();
await shot();
await page.getByLabel('integration@globex.example').check();
await press('button', 'Save');
const { status, answer: token } = sfJwt('token', '-o', 'globex', '--fresh');
check('a token for globex', status === 0 && token.orgId === ready.orgs.globex.orgId, token);
await page.goto(`${ready.orgs.globex.url}/lightning/setup/OrgLoginHistory/home`);
await shot();
const history = await page.getByRole('main').innerText();
check('the login history tells it', ['Success', 'Failed: Not approved for access'].every((text) => history.includes(text)), history);

// the keyboard alone reaches every control, and shows where it is
await page.goto(`${ready.orgs.globex.url}/lightning/setup/ConnectedApplication/home`);
await press('link', 'Service A');
await page.keyboard.press('Tab');
const outlined = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
check('focus can be seen', outlined === 'solid', outlined);

// the package, with a key of the org's own
await page.goto(`${ready.orgs.globex.url}/packaging/installPackage.apexp?p0=${ready.orgs.globex.apps.find((app) => app.name === 'own-key').packageId}`);
await shot();
await press('button', 'Install');
await press('link', 'Upload Certificate');
await page.getByLabel('Certificate').fill('-----BEGIN PRIVATE KEY-----');
await press('button', 'Upload');
check('a private key is refused', (await page.getByRole('status').innerText()).includes('private key'), null);
await page.getByLabel('Certificate').fill(readFileSync(process.env.SF_JWT_CONFIG.replace('orgs.toml', 'emulator.crt'), 'utf8'));
await press('button', 'Upload');
check('a certificate is taken', (await page.getByRole('main').innerText()).includes('uploaded'), null);

// narrow and dark
await page.emulateMedia({ colorScheme: 'dark' });
await page.setViewportSize({ width: 360, height: 740 });
await page.goto(`${ready.orgs.globex.url}/`);
await shot();
await page.goto(`${ready.loginUrl}/`);
await shot();

check('nothing was loaded from elsewhere', elsewhere.length === 0, elsewhere);
check('the browser complains about nothing', complaints.filter((text) => !/404|400/.test(text)).length === 0, complaints);
await browser.close();
process.exit(failed ? 1 : 0);
