// Run by node.sh: the same logins signed by jsonwebtoken and by jose, used through jsforce and fetch.
import { readFileSync } from 'node:fs';
import { createPrivateKey, randomUUID } from 'node:crypto';
import jsforce from 'jsforce';
import jsonwebtoken from 'jsonwebtoken';
import * as jose from 'jose';

const ready = JSON.parse(readFileSync(process.env.READY, 'utf8'));
const pem = readFileSync(process.env.KEY, 'utf8');
const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
let failed = 0;
const check = (what, good, seen) => {
  console.log(`${good ? 'PASS' : 'FAIL'} ${what}${good ? '' : `: ${JSON.stringify(seen)}`}`);
  failed += !good;
};

const claims = (org, more = {}) => ({
  iss: ready.orgs[org].apps.find((app) => app.name === 'service-a').clientId,
  sub: ready.orgs[org].users.find((user) => user.startsWith('integration')),
  aud: ready.orgs[org].addressUrl,
  exp: Math.floor(Date.now() / 1000) + 180,
  jti: randomUUID(),
  ...more,
});

const login = async (org, loginUrl, more) => {
  const connection = new jsforce.Connection({ oauth2: { loginUrl }, version: '66.0' });
  const assertion = jsonwebtoken.sign(claims(org, more), pem, { algorithm: 'RS256' });
  await connection.authorize({ grant_type, assertion });
  return connection;
};

// jsforce, at the org's own address
const acme = ready.orgs.acme;
const connection = await login('acme', acme.addressUrl);
check('jsforce logs in at the org', connection.instanceUrl === acme.addressUrl, connection.instanceUrl);
const identity = await connection.identity();
check('jsforce reads the identity', identity.username === claims('acme').sub && identity.organization_id === acme.orgId, identity);
const organization = await connection.query('SELECT Id, Name, IsSandbox FROM Organization LIMIT 1');
check('jsforce queries', organization.totalSize === 1 && organization.records[0].Name === 'Acme', organization);
const user = await connection.sobject('User').retrieve(identity.user_id);
check('jsforce retrieves a record', user.Username === identity.username, user);
check('jsforce reads limits', (await connection.limits()).DailyApiRequests.Max > 0, null);
check('jsforce sees the API usage', connection.limitInfo?.apiUsage?.limit > 0, connection.limitInfo);
await connection.query('SELECT Shoe FROM User').then(
  () => check('jsforce sees a REST error', false, 'no error'),
  (error) => check('jsforce sees a REST error', error.errorCode === 'INVALID_FIELD', error),
);
await connection.oauth2.revokeToken(connection.accessToken);
await connection.query('SELECT Id FROM Organization').then(
  () => check('jsforce revokes', false, 'the token still works'),
  (error) => check('jsforce revokes', error.errorCode === 'INVALID_SESSION_ID', error),
);
await connection.oauth2.revokeToken('00D!nothing').then(
  () => check('jsforce sees a failing revocation', false, 'no error'),
  (error) => check('jsforce sees a failing revocation', error.name === 'invalid_token', error),
);

// at the login host
const byLogin = await login('owner', ready.loginUrl, { aud: ready.loginUrl });
check('jsforce logs in at the login host', byLogin.instanceUrl === ready.orgs.owner.addressUrl, byLogin.instanceUrl);

// refusals in Salesforce's words
const refused = (what, name, words, ...how) =>
  login(...how).then(
    () => check(what, false, 'a token'),
    (error) => check(what, error.name === name && error.message.includes(words), [error.name, error.message]),
  );
const { globex, uat } = ready.orgs;
await refused('not installed', 'invalid_client', 'app must be installed into org', 'globex', globex.addressUrl);
await refused('not pre-authorized', 'invalid_grant', "user hasn't approved this consumer", 'uat', uat.addressUrl);
await refused('not assigned', 'invalid_app_access', 'not admin approved', 'acme', acme.addressUrl, { sub: 'unassigned@acme.example' });
await refused('inactive', 'invalid_grant', 'inactive user', 'acme', acme.addressUrl, { sub: 'former@acme.example' });
await refused('wrong audience', 'invalid_grant', 'audience is invalid', 'acme', acme.addressUrl, { aud: 'https://acme.example' });
await refused('expired', 'invalid_grant', 'expired authorization code', 'acme', acme.addressUrl, { exp: 1 });
await refused('unknown key', 'invalid_client_id', 'client identifier invalid', 'acme', acme.addressUrl, { iss: '3MVG9unknown' });

// jose signs, fetch sends
const assertion = await new jose.SignJWT(claims('acme')).setProtectedHeader({ alg: 'RS256', typ: 'JWT' }).sign(createPrivateKey(pem));
const post = (body) => fetch(`${acme.addressUrl}/services/oauth2/token`, { method: 'POST', body: new URLSearchParams(body) });
const first = await post({ grant_type, assertion });
const token = await first.json();
check("jose's assertion is accepted", first.status === 200 && token.token_type === 'Bearer', token);
check('the answer may not be stored', first.headers.get('cache-control').includes('no-store'), [...first.headers]);
check('nothing refreshes it', !('refresh_token' in token) && !('expires_in' in token), Object.keys(token));
const again = await post({ grant_type, assertion });
check('the same assertion is not accepted again', again.status === 400, again.status);
process.exit(failed ? 1 : 0);
