// nobody listens there
$ sf-jwt serve --allow-loopback
>> {"jsonrpc":"2.0","id":1,"method":"token","params":{"connection":{"clientId":"<client-id>","username":"integration@acme.example","loginUrl":"http://127.0.0.1:9","key":"file:<key>"}}}
<< {"jsonrpc":"2.0","id":1,"error":{"code":1030,"message":"<message-2>","data":{"kind":"unreachable","reason":"connect","retryable":true,"hint":"<hint-1>","causes":["..."],"links":["..."],"phase":"connect"}}}
