// the cached token ends
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"token","params":{"org":"acme"}}
<< {"jsonrpc":"2.0","id":1,"result":{"accessToken":"<token-1>","tokenType":"Bearer","tokenFormat":"opaque","instanceUrl":"<acme-address>","apiInstanceUrl":null,"org":"acme","orgId":"<acme-id>","userId":"<user-id>","username":"integration@acme.example","identityUrl":"<identity-url>","scopes":["api","web","openid"],"issuedAt":"<time-1>","expiresAt":"<time-2>","expiresAtSource":"lifetime-setting","cached":false,"loginUrl":"<acme-address>","audience":"<acme-address>","warnings":[]}}
>> {"jsonrpc":"2.0","id":2,"method":"revoke","params":{"org":"acme"}}
<< {"jsonrpc":"2.0","id":2,"result":{"revoked":true,"forgotten":true}}
>> {"jsonrpc":"2.0","id":3,"method":"revoke","params":{"org":"acme"}}
<< {"jsonrpc":"2.0","id":3,"result":{"revoked":false,"forgotten":false}}
