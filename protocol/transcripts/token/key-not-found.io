// a key that is not there
$ sf-jwt serve --allow-loopback
>> {"jsonrpc":"2.0","id":1,"method":"token","params":{"connection":{"clientId":"<client-id>","username":"integration@acme.example","loginUrl":"<acme-url>","key":"file:/nonexistent/key.pem"}}}
<< {"jsonrpc":"2.0","id":1,"error":{"code":1011,"message":"<message-2>","data":{"kind":"key","reason":"not-found","retryable":false,"hint":"<hint-1>","causes":["..."],"links":["..."]}}}
