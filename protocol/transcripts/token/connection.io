// a call may describe its connection; loopback only where the server allows it
$ sf-jwt serve --allow-loopback
>> {"jsonrpc":"2.0","id":1,"method":"token","params":{"connection":{"clientId":"<client-id>","username":"integration@acme.example","loginUrl":"<acme-url>","key":"file:<key>"}}}
<< {"jsonrpc":"2.0","id":1,"result":{"accessToken":"<token-1>","tokenType":"Bearer","tokenFormat":"opaque","instanceUrl":"<acme-url>","apiInstanceUrl":null,"org":null,"orgId":"<acme-id>","userId":"<user-id>","username":"integration@acme.example","identityUrl":"<identity-url>","scopes":["api","web","openid"],"issuedAt":"<time-1>","expiresAt":"<time-2>","expiresAtSource":"lifetime-setting","cached":false,"loginUrl":"<acme-url>","audience":"<acme-url>","warnings":[]}}
