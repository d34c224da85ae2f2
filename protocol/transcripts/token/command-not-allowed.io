// commands need --allow-commands
$ sf-jwt serve --allow-loopback
>> {"jsonrpc":"2.0","id":1,"method":"token","params":{"connection":{"clientId":"<client-id>","username":"integration@acme.example","loginUrl":"<acme-url>","key":"cmd:cat k.pem"}}}
<< {"jsonrpc":"2.0","id":1,"error":{"code":1010,"message":"<message-2>","data":{"kind":"profile","reason":"not-allowed","retryable":false,"hint":"<hint-1>","causes":["..."],"links":["..."],"field":"connection.key"}}}
