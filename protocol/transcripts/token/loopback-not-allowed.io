// loopback needs --allow-loopback
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"token","params":{"connection":{"clientId":"<client-id>","username":"integration@acme.example","loginUrl":"<acme-url>","key":"file:<key>"}}}
<< {"jsonrpc":"2.0","id":1,"error":{"code":1010,"message":"<message-2>","data":{"kind":"profile","reason":"host-not-trusted","retryable":false,"hint":"<hint-1>","causes":["..."],"links":["..."],"field":"connection.loginUrl"}}}
