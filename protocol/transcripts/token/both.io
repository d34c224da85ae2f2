// org and connection exclude each other
$ sf-jwt serve --allow-loopback
>> {"jsonrpc":"2.0","id":1,"method":"token","params":{"org":"acme","connection":{"clientId":"<client-id>","username":"integration@acme.example","loginUrl":"<acme-url>","key":"file:<key>"}}}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"<message-1>","data":{"kind":"usage","reason":"conflicting-parameters","retryable":false,"hint":null,"causes":[],"links":[],"field":"connection"}}}
