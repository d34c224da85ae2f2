// an unknown scheme is refused by name
$ sf-jwt serve --allow-loopback
>> {"jsonrpc":"2.0","id":1,"method":"token","params":{"connection":{"clientId":"<client-id>","username":"integration@acme.example","loginUrl":"<acme-url>","key":"vault:kv/k"}}}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"`connection.key` has the unknown scheme `vault:`","data":{"kind":"usage","reason":"invalid-parameter","retryable":false,"hint":"<hint-1>","causes":[],"links":[],"field":"connection.key"}}}
