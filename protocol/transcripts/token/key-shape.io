// a key is a URI, or PEM or base64 by value; a wrong one is not quoted
$ sf-jwt serve --allow-loopback
>> {"jsonrpc":"2.0","id":1,"method":"token","params":{"connection":{"clientId":"<client-id>","username":"integration@acme.example","loginUrl":"<acme-url>","key":{"pam":"SECRET"}}}}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"parameter `connection.key`: expected a key URI as a string, {\"pem\": string} or {\"base64\": string}","data":{"kind":"usage","reason":"invalid-parameter","retryable":false,"hint":null,"causes":[],"links":[],"field":"connection.key"}}}
