// with a progressToken, begin comes first and end before the answer
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"token","params":{"org":"acme","progressToken":"t"}}
<< {"jsonrpc":"2.0","method":"$/progress","params":{"token":"t","value":{"kind":"begin","title":"An access token for one org"}}}
<< {"jsonrpc":"2.0","method":"$/progress","params":{"token":"t","value":{"kind":"end"}}}
<< {"jsonrpc":"2.0","id":1,"result":{"accessToken":"<token-1>","tokenType":"Bearer","tokenFormat":"opaque","instanceUrl":"<acme-address>","apiInstanceUrl":null,"org":"acme","orgId":"<acme-id>","userId":"<user-id>","username":"integration@acme.example","identityUrl":"<identity-url>","scopes":["api","web","openid"],"issuedAt":"<time-1>","expiresAt":"<time-2>","expiresAtSource":"lifetime-setting","cached":false,"loginUrl":"<acme-address>","audience":"<acme-address>","warnings":[]}}
