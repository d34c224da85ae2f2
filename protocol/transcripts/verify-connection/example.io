// the first checks, in full
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"verify-connection","params":{"org":"acme"}}
<< {"jsonrpc":"2.0","id":1,"result":{"ok":true,"org":"acme","username":"integration@acme.example","loginUrl":"<acme-address>","failed":null,"logins":1,"checks":[{"id":"config.complete","title":"description complete","status":"pass","detail":"every needed field is there","durationMs":"<ms-1>"},{"id":"key.readable","title":"key readable","status":"pass","detail":"file:<key>","durationMs":"<ms-2>"},{"id":"key.kind","title":"RSA private key","status":"pass","detail":"PKCS#8","durationMs":"<ms-3>"},"..."],"identity":{"orgId":"<acme-id>","userId":"<user-id>","username":"integration@acme.example","instanceUrl":"<acme-address>"},"warnings":[]}}
