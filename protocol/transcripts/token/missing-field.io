// a field of the connection is missing: named with its path
$ sf-jwt serve --allow-loopback
>> {"jsonrpc":"2.0","id":1,"method":"token","params":{"connection":{"clientId":"<client-id>","loginUrl":"<acme-url>","key":"file:<key>"}}}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"parameter `connection.username` is missing","data":{"kind":"usage","reason":"missing-parameter","retryable":false,"hint":null,"causes":[],"links":[],"field":"connection.username"}}}
